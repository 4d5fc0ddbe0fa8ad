"""The benchmark's protocol on made-up people: nothing held out leaks, and measures are right."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.recommender.evaluation import lastfm, measures, rivals, servers

PEOPLE, ARTISTS = 30, 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The five files as distributed: ids with gaps, a Latin-1 tag, no header over the artists."""
    made = tmp_path_factory.mktemp("lastfm2k")
    rng = np.random.default_rng(0)
    plays, taggings = ["//userID\tartistID\tweight"], ["userID\tartistID\ttagID\tday\tmonth\tyear"]
    for person in range(PEOPLE):
        for artist in rng.permutation(ARTISTS)[: 3 if person == 7 else 24]:
            plays.append(f"{10 * person + 2}\t{3 * artist + 1}\t{rng.integers(1, 999)}")
            tag = artist % 3  # 0 and 1 are everybody's words, 2 nearly nobody's
            if tag < 2 or person < 4:
                taggings.append(f"{10 * person + 2}\t{3 * artist + 1}\t{tag + 5}\t1\t4\t2009")
    taggings.append("2\t9999\t5\t1\t4\t2009")  # of an artist that nobody plays
    friends = [f"{10 * a + 2}\t{10 * b + 2}" for a in range(8) for b in range(8) if a != b]
    (made / "user_artists.dat").write_text("\n".join(plays))
    (made / "user_taggedartists.dat").write_text("\n".join(taggings))
    artists = [f"{3 * artist + 1}\tNo {artist}\turl" for artist in range(ARTISTS)]
    (made / "artists.dat").write_text("\n".join(artists))
    tags = "tagID\ttagValue\n5\trock\n6\tchanson fran\xe7aise\n7\tmine\n8\tunused"
    (made / "tags.dat").write_text(tags, encoding="latin-1")
    (made / "user_friends.dat").write_text("\n".join(["userID\tfriendID", *friends]))
    return made


@pytest.fixture(scope="module")
def listeners(folder):
    return lastfm.load(folder)


def pairs(matrix):
    return set(zip(*matrix.nonzero(), strict=True))


def test_the_files_are_read(listeners):
    assert listeners.plays.shape == (PEOPLE, ARTISTS)
    assert listeners.artists[2] == "No 2"
    assert listeners.tags[1] == "chanson française"
    tagged = {(u, a) for u, a, _ in listeners.taggings.tolist()}
    assert tagged <= pairs(listeners.plays)
    assert listeners.friends.max() == 7


def test_a_fifth_is_held_out_and_nothing_is_on_both_sides(listeners):
    split = lastfm.warm(listeners, 42)
    assert pairs(split.train).isdisjoint(pairs(split.test))
    assert pairs(split.train) | pairs(split.test) == pairs(listeners.plays)
    held = np.diff(split.test.indptr)
    assert held[7] == 0  # too few to hold any out
    assert set(np.delete(held, 7)) == {round(0.2 * 24)}
    again, other = lastfm.warm(listeners, 42), lastfm.warm(listeners, 43)
    assert pairs(again.test) == pairs(split.test) != pairs(other.test)


def test_the_inner_split_never_sees_the_outer_test(listeners):
    outer = lastfm.warm(listeners, 42)
    inner = lastfm.inner(listeners, outer)
    assert pairs(inner.train) | pairs(inner.test) == pairs(outer.train)
    assert pairs(inner.test).isdisjoint(pairs(inner.train))
    said = taggers_of(listeners, (pairs(outer.test) | pairs(inner.test)))
    assert_counts(inner.tags, inner.tag_names, said)


def test_what_people_said_of_held_out_artists_is_removed(listeners):
    split = lastfm.warm(listeners, 42)
    said = taggers_of(listeners, pairs(split.test))
    assert len(taggers_of(listeners, set())) > len(said)
    assert_counts(split.tags, split.tag_names, said)


def taggers_of(listeners, barred):
    return [(u, a, t) for u, a, t in listeners.taggings.tolist() if (u, a) not in barred]


def assert_counts(tags, names, said):
    """Ten people at least for a tag; each artist's count is of people left."""
    assert names == ("rock", "chanson française")
    expected = np.zeros(tags.shape)
    for _, artist, tag in said:
        if tag < 2:
            expected[artist, tag] += 1
    assert np.array_equal(tags.toarray(), expected)


def test_newcomers_are_gone_with_all_they_said(listeners):
    split = lastfm.cold(listeners, 42)
    assert len(split.newcomers) == round(0.2 * (PEOPLE - 1))
    assert split.train.shape[0] == PEOPLE - len(split.newcomers)
    whole = {tuple(sorted(row.indices)) for row in listeners.plays}
    for person in split.newcomers:
        own = tuple(sorted(person.artists.tolist()))
        assert own in whole
        assert own not in {tuple(sorted(row.indices)) for row in split.train}
        assert len(person.plays) == len(person.artists) == 24
    kept, _, _ = lastfm.tag_counts(listeners, listeners.taggings)
    assert split.tags.sum() < kept.sum()


def test_three_words_are_those_used_most():
    taggings = np.array([(0, a, t) for t, times in enumerate((2, 5, 1, 4)) for a in range(times)])
    columns = {0: 10, 1: 11, 2: 12, 3: 13}
    assert lastfm._favourites(taggings, columns) == (11, 13, 10)
    assert lastfm._favourites(taggings, {1: 0, 3: 1}) == ()


def test_measures_by_hand():
    scores = np.array([[0.9, 0.8, 0.7, 0.6, 0.5], [0.1, 0.2, 0.3, 0.4, 0.5]])
    known = csr_matrix(np.array([[1, 0, 0, 0, 0], [0, 0, 0, 0, 0]]))
    lists = measures.top(scores, known, 4)
    assert [each.tolist() for each in lists] == [[1, 2, 3, 4], [4, 3, 2, 1]]
    found = measures.quality(lists, [np.array([2, 4]), np.array([4, 3, 1, 0, 9])], 10)
    assert found.recall == pytest.approx((2 / 2 + 3 / 5) / 2)
    assert found.found == pytest.approx((2 / 2 + 3 / 4) / 2)
    # The first two places: (no, yes) of two wanted; (yes, yes) of five.
    second = 1 / np.log2(3)
    assert found.ndcg == pytest.approx((second / (1 + second) + 1) / 2)
    assert found.coverage == pytest.approx(4 / 10)


def test_only_what_can_be_ranked_is_on_a_list():
    scores = np.array([[1.0, -np.inf, 2.0]])
    nothing = csr_matrix((1, 3))
    assert measures.top(scores, nothing, 20)[0].tolist() == [2, 0]


def test_people_without_anything_held_out_do_not_count():
    rows, test = csr_matrix((2, 3)), csr_matrix(np.array([[0, 1, 0], [0, 0, 0]]))
    found = measures.evaluate(lambda some: np.tile([0.0, 2.0, 1.0], (some.shape[0], 1)), rows, test)
    assert (found.people, found.recall) == (1, 1.0)


def test_confidences_are_those_that_are_served(listeners):
    from models.recommender import als, confidence

    row = listeners.plays[0]
    index = {str(at): at for at in range(ARTISTS)}
    net = {str(at): float(n) for at, n in zip(row.indices, row.data, strict=True)}
    served = confidence.row(net, index, als.Settings(alpha=10.0))
    assert np.allclose(rivals.confidences(row, 10.0).toarray(), served.toarray(), rtol=1e-5)


def test_servers_are_friends_of_the_size_asked_for(listeners):
    rng = np.random.default_rng(1)
    everybody = np.ones(PEOPLE, dtype=bool)
    groups = servers.walks(listeners, everybody, 5, 4, rng)
    assert [len(set(group.tolist())) for group in groups] == [5] * 4
    assert max(group.max() for group in groups) <= 7
    assert servers.walks(listeners, everybody, 20, 1, rng) == []  # no circle is that large


@pytest.mark.parametrize(
    "rival", [rivals.popularity, rivals.item_neighbours, rivals.shallow, rivals.library_defaults]
)
def test_rivals_rank_what_goes_together(rival):
    """Two circles of people with nothing in common, but for one artist all know."""
    rows = np.zeros((12, 9), np.float32)
    rows[:6, :4], rows[6:, 4:8], rows[:, 8] = 3.0, 3.0, 1.0
    asked = csr_matrix(np.array([[5, 5, 0, 0, 0, 0, 0, 0, 0]], np.float32))
    found = rival(csr_matrix(rows))(asked)
    assert found.shape == (1, 9)
    if rival is rivals.popularity:
        assert np.argmax(found[0]) == 8
    else:
        assert min(found[0, [2, 3]]) > max(found[0, 4:8])


def test_likeness_of_tags_ranks_what_is_called_the_same():
    tags = csr_matrix(np.array([[3, 0], [2, 0], [0, 5], [0, 1], [1, 1]], np.float32))
    asked = csr_matrix(np.array([[2, 0, 0, 0, 0]], np.float32))
    first, second = rivals.content(tags)(asked)[0][[1, 4]]
    assert first > second > rivals.content(tags)(asked)[0][2]
