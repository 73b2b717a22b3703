from application.valuation.left_out import left_out


def test_what_is_left_out_is_named_once_per_reason_in_words() -> None:
    told = left_out([("ABC", "no_price"), ("ABC", "no_price"), ("ABC", "no_rate"), ("XYZ", "no_price")])
    assert [(one.ticker, one.code) for one in told] == [
        ("ABC", "no_price"),
        ("ABC", "no_rate"),
        ("XYZ", "no_price"),
    ]
    assert told[0].detail == "No price is known."


def test_a_figure_says_itself_how_much_of_the_past_it_needs() -> None:
    (told,) = left_out([("ABC", "no_history")], no_history="It needs a year.")
    assert told.detail == "It needs a year."
