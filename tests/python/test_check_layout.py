"""The layout check accepts this repository's rules and finds each way of breaking them."""

import importlib.util
import os
import pathlib
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).parents[1] / "check_layout.py"


@pytest.fixture
def layout(tmp_path, monkeypatch):
    """The checker, turned on a small tree that follows every rule."""
    spec = importlib.util.spec_from_file_location("check_layout", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "WITHOUT_TEST", {"core/error": "no code"})
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    write(tmp_path, "include/radonc/core/error.hpp", "namespace radonc {\n}\n")
    write(tmp_path, "include/radonc/stats/mean.hpp", '#include "radonc/core/error.hpp"\nnamespace radonc::stats {\n}\n')
    write(tmp_path, "include/radonc/ops/scale.hpp", "#include <torch/torch.h>\nnamespace radonc::ops {\n}\n")
    write(tmp_path, "src/stats/mean.cpp", '#include "radonc/stats/mean.hpp"\nnamespace radonc::stats {\n}\n')
    write(tmp_path, "src/ops/scale.cpp", '#include "kernels/scale.hpp"\nnamespace radonc::ops {\n}\n')
    write(tmp_path, "tests/cpp/stats/test_mean.cpp", '#include "radonc/stats/mean.hpp"\n')
    write(tmp_path, "tests/cpp/ops/test_scale.cpp", '#include "radonc/ops/scale.hpp"\n')
    write(tmp_path, "tests/cpp/support/tensors.hpp", "")
    names = ["core/error", "stats/mean", "ops/scale"]
    write(tmp_path, "include/radonc/radonc.hpp", "".join(f'#include "radonc/{name}.hpp"\n' for name in names))
    return module


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def append(root, name, text):
    write(root, name, (root / name).read_text(encoding="utf-8") + text)


def test_a_tree_that_follows_the_rules(layout, capsys):
    assert layout.main() == 0
    assert capsys.readouterr().out.splitlines()[-1] == "layout: 7 passed, 0 failed"


def test_closing_line_counts_failures(layout, tmp_path, capsys):
    append(tmp_path, "src/stats/mean.cpp", '#include "radonc/ops/scale.hpp"\n#include <torch/torch.h>\n')
    assert layout.main() == 1
    assert capsys.readouterr().out.splitlines()[-1] == "layout: 5 passed, 2 failed"


@pytest.mark.parametrize(
    ("layer", "included", "allowed"),
    [
        ("core", "data/x.hpp", False),
        ("data", "text/x.hpp", False),
        ("text", "tasks/x.hpp", False),
        ("text", "data/x.hpp", True),
        ("tasks", "text/x.hpp", False),
        ("tasks", "metrics/x.hpp", True),
        ("metrics", "tasks/x.hpp", False),
        ("stats", "metrics/x.hpp", False),
        ("report", "tasks/x.hpp", True),
        ("report", "study/x.hpp", False),
        ("ops", "model/x.hpp", False),
        ("ops", "kernels/x.hpp", True),
        ("model", "kernels/x.hpp", False),
        ("model", "lora/x.hpp", False),
        ("train", "generate/x.hpp", False),
        ("study", "report/x.hpp", True),
        ("study", "train/x.hpp", True),
        ("invented", "core/x.hpp", False),
    ],
)
@pytest.mark.parametrize("prefix", ["radonc/", ""])
def test_include_order(layout, tmp_path, layer, included, allowed, prefix):
    write(tmp_path, f"src/{layer}/y.cpp", f'  #  include "{prefix}{included}"\n')
    assert (layout.check_include_order() == []) == allowed


@pytest.mark.parametrize("header", ["torch/torch.h", "ATen/ATen.h", "c10/util/Half.h"])
def test_torch_in_a_layer_without_it(layout, tmp_path, header):
    append(tmp_path, "include/radonc/stats/mean.hpp", f"#include <{header}>\n")
    assert layout.check_torch_free() == [f"include/radonc/stats/mean.hpp: a layer without torch includes {header}"]


def test_namespaces(layout, tmp_path):
    write(tmp_path, "src/stats/mean.cpp", "namespace radonc::metrics {\n}\n")
    write(tmp_path, "include/radonc/ops/scale.hpp", "int scale();\n")
    assert layout.check_namespaces() == [
        "include/radonc/ops/scale.hpp: opens no namespace, radonc::ops expected",
        "src/stats/mean.cpp: opens radonc::metrics, not radonc::stats",
    ]


def test_tests_mirror_headers(layout, tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "WITHOUT_TEST", {"ops/scale": "a test exists all the same", "core/gone": "no header"})
    (tmp_path / "tests/cpp/stats/test_mean.cpp").rename(tmp_path / "tests/cpp/stats/test_median.cpp")
    assert layout.check_tests() == [
        "tests/cpp/core/test_error.cpp is missing",
        "tests/cpp/stats/test_mean.cpp is missing",
        "tests/cpp/stats/test_median.cpp tests no public header",
        "ops/scale has a test: take it off WITHOUT_TEST",
        "WITHOUT_TEST names core/gone, which does not exist",
    ]


def test_sizes(layout, tmp_path):
    write(tmp_path, "src/stats/long.cpp", "\n" * 401)
    write(tmp_path, "src/stats/longest_allowed.cpp", "\n" * 400)
    write(tmp_path, "tests/data/long.txt", "\n" * 401)
    write(tmp_path, "examples/long.ipynb", "\n" * 401)
    assert layout.check_sizes() == ["src/stats/long.cpp: 401 lines, more than 400"]


def test_umbrella_header(layout, tmp_path):
    write(
        tmp_path,
        "include/radonc/radonc.hpp",
        "".join(f'#include "radonc/{name}.hpp"\n' for name in ["ops/scale", "stats/mean", "data/gone"]),
    )
    assert layout.check_umbrella() == [
        "radonc.hpp does not include radonc/core/error.hpp",
        "radonc.hpp includes radonc/data/gone.hpp, which does not exist",
        "radonc.hpp includes radonc/stats/mean.hpp after headers that need torch",
        "radonc.hpp includes radonc/data/gone.hpp after headers that need torch",
    ]


# Joined here, so that this file passes the check that it tests.
@pytest.mark.parametrize(
    "trace", [("/wo", "rk/x"), ("/ro", "ot/x"), ("files.python", "hosted.org"), ("pypi.org/", "simple")]
)
def test_traces_of_a_machine(layout, tmp_path, trace):
    write(tmp_path, "docs/page.md", "See " + "".join(trace) + "\n")
    write(tmp_path, ".gitignore", "ignored.md\n")
    write(tmp_path, "ignored.md", "See " + "".join(trace) + "\n")
    assert [problem.split(":")[0] for problem in layout.check_forbidden()] == ["docs/page.md"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
def test_checkout_of_another_user(layout, tmp_path):
    write(tmp_path, "docs/page.md", "")
    for path in [tmp_path, *tmp_path.rglob("*")]:
        os.chown(path, 65534, 65534)
    assert tmp_path / "docs/page.md" in layout.repository_files()
