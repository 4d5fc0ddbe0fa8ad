"""Whose a style is, who may use it where, and what goes when it goes."""

import json

import pytest

from storage import jobs, privacy, styles

ANN, BOB, EVE = 1, 2, 3
CLUB, ELSEWHERE = 10, 11


@pytest.fixture
def learn(db):
    def save(owner=ANN, name="waltzes", pieces=3, folder=None, kind="vector"):
        return styles.save(
            db, owner_id=owner, name=name, pieces=pieces, kind=kind,
            folder=folder or f"{owner}/{name}", report="{}", now=5.0,
        )  # fmt: skip

    return save


def test_learning_again_replaces_what_is_there_and_keeps_its_number_and_sharing(db, learn):
    first = learn()
    styles.share(db, first.id, CLUB)
    again = learn(name="Waltzes", pieces=5, folder="1/new", kind="adapter")
    assert (again.id, again.name, again.shared_guild) == (first.id, "waltzes", CLUB)
    assert (again.pieces, again.kind, again.folder) == (5, "adapter", "1/new")
    assert styles.folders(db) == {"1/new"}
    assert learn(owner=BOB).id != first.id  # a name is unique among its owner's


def test_only_those_kinds_exist(db, learn):
    with pytest.raises(Exception, match="CHECK"):
        learn(kind="magic")


def test_others_use_a_style_only_where_it_is_shared(db, learn):
    own, theirs = learn(BOB, "marches"), learn(ANN, "waltzes")
    assert styles.usable(db, BOB, CLUB) == [own]
    styles.share(db, theirs.id, CLUB)
    theirs = styles.get(db, theirs.id)
    assert styles.usable(db, BOB, CLUB) == [own, theirs]  # one's own first
    assert styles.usable(db, BOB, ELSEWHERE) == styles.usable(db, BOB, None) == [own]
    assert [theirs.usable(*who) for who in ((ANN, None), (BOB, CLUB), (BOB, ELSEWHERE))] == [
        True, True, False,
    ]  # fmt: skip
    assert not own.usable(ANN, None)  # not shared is not "shared in no server"


def test_ending_the_sharing_ends_the_others_choice_and_not_the_owners(db, learn):
    style = learn()
    styles.share(db, style.id, CLUB)
    for who in (ANN, BOB):
        styles.choose(db, who, style.id)
    styles.share(db, style.id, None)
    assert styles.active(db, ANN).id == style.id
    assert styles.active(db, BOB) is None


def test_one_style_is_active_at_a_time(db, learn):
    first, second = learn(name="a"), learn(name="b")
    styles.choose(db, ANN, first.id)
    styles.choose(db, ANN, second.id)
    assert styles.active(db, ANN) == second
    styles.choose(db, ANN, None)
    assert styles.active(db, ANN) is None


def test_a_deleted_style_leaves_nobody_composing_in_it(db, learn):
    style, other = learn(), learn(EVE, "polkas")
    styles.share(db, style.id, CLUB)
    styles.choose(db, BOB, style.id)
    styles.choose(db, EVE, other.id)
    assert styles.delete(db, style.id, BOB) is None  # not his to delete
    assert styles.delete(db, style.id, ANN).folder == style.folder
    assert styles.active(db, BOB) is None
    assert styles.active(db, EVE) == other
    assert styles.own(db, ANN, "waltzes") is None


def test_forgetting_a_person_takes_their_styles_from_everyone(db, learn, ask):
    style = learn()
    styles.share(db, style.id, CLUB)
    styles.choose(db, BOB, style.id)
    his = ask(user=BOB, request='{"text": "1/2", "style": "1/waltzes"}')
    other = ask(user=BOB, request='{"text": "\\"1/", "style": "11/waltzes"}')
    privacy.forget(db, ANN)
    assert styles.usable(db, BOB, CLUB) == []
    assert styles.active(db, BOB) is None
    # His request stays his; only the folder in it, which names her, is made unknown.
    assert json.loads(jobs.get(db, his.id).request) == {"text": "1/2", "style": "gone"}
    assert jobs.get(db, other.id).request == other.request
