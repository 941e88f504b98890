"""Figures in the text format of Prometheus."""

from prometheus_client.parser import text_string_to_metric_families

from vaultsync.figures import Figure

FIGURES = [Figure("things_total", "things done", 12_345_678.0), Figure("waiting", "things that wait", 2.5)]


def test_prometheus_reads_figures_with_type_and_help() -> None:
    counter, gauge = text_string_to_metric_families("".join(map(str, FIGURES)))
    assert (counter.type, counter.documentation, counter.samples[0].value) == (
        "counter",
        "things done",
        12_345_678.0,
    )
    assert (gauge.type, gauge.documentation, gauge.samples[0].value) == ("gauge", "things that wait", 2.5)
