from hypothesis import given
from hypothesis import strategies as st

from application.limits.month import month_of
from infrastructure.limits.book import Book, Total

MARCH = month_of(1_772_400_000)
ACME = ("acme", MARCH)


def test_a_call_goes_both_ways_once() -> None:
    book = Book()
    book.count(*ACME)
    assert book.news()[ACME].calls == 1
    batch = book.batch()
    assert batch is not None
    assert (batch.number, batch.calls) == (1, {ACME: 1})
    assert book.news() == {}


def test_a_call_that_a_quota_counted_is_no_news() -> None:
    book = Book()
    book.reserved(*ACME)
    assert book.news() == {}
    batch = book.batch()
    assert batch is not None
    assert batch.calls == {ACME: 1}


def test_what_is_given_back_before_it_was_folded_needs_no_fold() -> None:
    book = Book()
    book.reserved(*ACME)
    book.give_back(*ACME)
    assert book.news()[ACME].calls == -1
    assert book.batch() is None


def test_what_is_given_back_after_it_was_folded_is_folded_as_less() -> None:
    book = Book()
    book.reserved(*ACME)
    first = book.batch()
    assert first is not None
    book.folded(first, [Total(account=ACME, used=1, revision=1)])
    book.give_back(*ACME)
    second = book.batch()
    assert second is not None
    assert second.calls == {ACME: -1}


def test_a_batch_that_was_not_acknowledged_is_sent_again_as_it_was() -> None:
    book = Book()
    book.count(*ACME)
    first = book.batch()
    book.count(*ACME)
    assert book.batch() is first
    assert first is not None
    book.folded(first, [])
    later = book.batch()
    assert later is not None
    assert (later.number, later.calls) == (2, {ACME: 1})


def test_a_fold_takes_out_of_the_open_calls_what_it_put_into_the_others() -> None:
    book = Book()
    book.count(*ACME)
    book.news()
    batch = book.batch()
    assert batch is not None
    book.folded(batch, [Total(account=ACME, used=42, revision=7)])
    news = book.news()[ACME]
    assert (news.calls, news.folded, news.revision) == (-1, 42, 7)


def test_news_that_could_not_be_told_join_the_later_ones() -> None:
    book = Book()
    book.count(*ACME)
    missed = book.news()
    book.count(*ACME)
    book.untold(missed)
    assert book.news()[ACME].calls == 2


@given(
    st.lists(st.sampled_from(["count", "reserve", "give back", "tell", "miss", "fold", "lose the answer"]))
)
def test_whatever_happens_redis_and_postgresql_end_with_the_calls_that_were_made(steps: list[str]) -> None:
    book, made, redis_open, redis_folded, postgres, added = Book(), 0, 0, 0, 0, 0

    def tell() -> None:
        nonlocal redis_open, redis_folded
        for news in book.news().values():
            redis_open += news.calls
            redis_folded = redis_folded if news.folded is None else news.folded

    def fold(*, acknowledged: bool) -> None:
        nonlocal postgres, added
        batch = book.batch()
        if batch is None:
            return
        if batch.number > added:
            postgres, added = postgres + batch.calls[ACME], batch.number
        if acknowledged:
            book.folded(batch, [Total(account=ACME, used=postgres, revision=batch.number)])

    for step in steps:
        if step == "count":
            book.count(*ACME)
            made += 1
        elif step == "reserve":
            book.reserved(*ACME)
            made, redis_open = made + 1, redis_open + 1
        elif step == "give back" and made:
            book.give_back(*ACME)
            made -= 1
        elif step == "tell":
            tell()
        elif step == "miss":
            book.untold(book.news())
        elif step in ("fold", "lose the answer"):
            fold(acknowledged=step == "fold")
    fold(acknowledged=True)
    fold(acknowledged=True)
    tell()
    assert postgres == made
    assert (redis_folded + redis_open, redis_open) == (made, 0)
