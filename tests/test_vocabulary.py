"""Every heading and table row of the text has its entry, formula and page; every further word what it needs."""

import ast
import csv
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from conftest import ROOT

from dlcore.claims import wrong_with
from dlcore.vocabulary import (
    ALL_WORDS,
    TERMS,
    WORDS,
    Term,
    as_anki,
    as_csv,
    edges,
    find,
    instead,
    mentioned,
    named,
    plain,
    read_terms,
    search,
    terms_of_page,
)

URL_PATHS = dict(re.findall(r'"pages/(\w+)\.py",[^)]*url_path="([\w-]+)"', (ROOT / "app.py").read_text()))

# The text's headings and the terms it sets in bold or defines in passing, in its order; True where it writes
# a formula for them.
HEADINGS = {
    "Neuron": True,
    "Weights and Biases": False,
    "Activation Function": True,
    "ReLU": True,
    "Sigmoid": True,
    "Softmax": False,
    "Pre-activation": True,
    "Hyperplane": False,
    "Decision surface": False,
    "Logistic regression": True,
    "Linear regression": True,
    "Generalized linear model": False,
    "Data Splits": False,
    "Train": False,
    "Validation": False,
    "Test": False,
    "Hyperparameter": False,
    "Contamination": False,
    "k-fold cross-validation": False,
    "Loss Function": True,
    "Binary cross-entropy": True,
    "Full-batch gradient descent": True,
    "Stochastic Gradient Descent": True,
    "Mini-batch SGD": True,
    "First-order methods": False,
    "Second-order methods": True,
    "Hessian": False,
    "Newton": True,
    "L-BFGS": False,
    "Adam": True,
    "Exponential moving average": True,
    "Learning Rate": False,
    "Epoch": False,
    "Batch Size": False,
    "2-Neuron Network": True,
    "Forward pass": True,
    "Backward pass": True,
    "Chain rule": True,
    "Derivative of ReLU": True,
    "Error signal": True,
    "Backpropagation": False,
    "SGD update": True,
    "Multi-Layer Perceptron": False,
    "Convolutional Neural Network": False,
    "Convolutional layer": False,
    "Feature map": False,
    "Pooling layer": False,
    "Translation invariance": False,
    "Spatial hierarchy": False,
    "Gradient-weighted Class Activation Mapping": False,
    "Smoothed Grad-CAM": False,
}

TABLE = (
    "Neuron",
    "Weights & biases",
    "Activation function",
    "Pre-activation",
    "Train set",
    "Validation set",
    "Test set",
    "Loss function",
    "SGD",
    "Learning rate η",
    "Epoch",
    "Batch size",
    "Backpropagation",
    "MLP",
    "CNN",
    "Grad-CAM",
)


def missing(names: Iterable[str], good: Callable[[Term], bool] = lambda term: True) -> list[str]:
    """The names without an entry, or with one that is not good enough."""
    entries = {name: named(name) for name in names}
    return [name for name, term in entries.items() if term is None or not good(term)]


def test_every_heading_has_an_entry() -> None:
    assert missing(HEADINGS) == []
    assert missing([*HEADINGS, "Attention"]) == ["Attention"]


def test_entries_stand_in_the_texts_order() -> None:
    places = [TERMS.index(term) for term in map(named, HEADINGS) if term]
    assert places == sorted(places)
    assert places[::-1] != sorted(places)


def test_every_formula_of_the_text_is_there() -> None:
    wanted = [name for name, has_formula in HEADINGS.items() if has_formula]
    assert missing(wanted, lambda term: bool(term.formula)) == []
    assert missing([*wanted, "Spatial hierarchy"], lambda term: bool(term.formula)) == ["Spatial hierarchy"]


def test_the_tables_rows_and_every_other_word_have_one_line() -> None:
    assert missing(TABLE, lambda term: bool(term.short)) == []
    assert [word.name for word in ALL_WORDS if not word.short] == []
    assert missing([*TABLE, "Epochs per second"]) == ["Epochs per second"]


def test_there_are_the_texts_53_terms_and_with_the_others_at_least_110_words() -> None:
    assert len(TERMS) == 53
    assert len(ALL_WORDS) >= 110
    assert ALL_WORDS == TERMS + WORDS
    assert {word.group for word in WORDS} == {"Words this lab uses", "Words you meet next"}


def test_every_further_word_has_a_mistake_that_a_test_computes_and_relations() -> None:
    assert [word.name for word in WORDS if not word.mistake or not word.proved_by] == []
    assert [word.name for word in WORDS if wrong_with(word.proved_by, word.kind)] == []
    assert [word.name for word in WORDS if len(word.related) < 2] == []
    assert [word.name for word in WORDS if word.group == "Words this lab uses" and not word.code] == []


def test_every_word_has_an_address_of_its_own_that_finds_it() -> None:
    slugs = [word.slug for word in ALL_WORDS]
    assert len(set(slugs)) == len(slugs)
    assert [word.name for word in ALL_WORDS if named(word.slug, ALL_WORDS) is not word] == []
    assert all(re.fullmatch(r"[a-z0-9-]{2,40}", slug) for slug in slugs)
    assert named("Newton's method").slug == "newtons-method"  # type: ignore[union-attr]


def test_an_address_that_was_once_given_to_a_word_is_understood_for_ever() -> None:
    """A word that gets another name keeps the old one under `also`; lines are added to this file, never removed."""
    given = (ROOT / "tests" / "fixtures" / "word_addresses.txt").read_text(encoding="utf-8").split()
    assert [slug for slug in given if named(slug, ALL_WORDS) is None] == []
    assert {word.slug for word in ALL_WORDS} <= set(given)


def test_names_are_unique_and_belong_to_one_entry() -> None:
    for words in (TERMS, WORDS):
        names = [name for word in words for name in {plain(name) for name in (word.name, *word.also)}]
        assert len(names) == len(set(names)), sorted({name for name in names if names.count(name) > 1})
    own = [plain(word.name) for word in ALL_WORDS]
    assert len(own) == len(set(own))
    signs = [sign for word in ALL_WORDS for sign in word.symbols]
    assert len(signs) == len(set(signs)), sorted({sign for sign in signs if signs.count(sign) > 1})


def test_every_page_is_in_the_menu_and_every_link_leads_to_it() -> None:
    wrong = [
        word.name
        for word in ALL_WORDS
        if word.page and word.link.partition("?")[0] != URL_PATHS.get(word.page, "nowhere")
    ]
    assert wrong == []
    assert all((ROOT / "pages" / f"{word.page}.py").is_file() for word in ALL_WORDS if word.page)
    assert [word.name for word in ALL_WORDS if bool(word.page) != bool(word.link)] == []
    assert all(term.page for term in TERMS)


def test_every_query_parameter_of_a_link_is_known_to_its_page() -> None:
    sources = "".join(
        file.read_text() for folder in ("pages", "ui") for file in (ROOT / folder).rglob("*.py")
    )
    keys = {key for term in TERMS for key in term.parameters}
    assert [key for key in keys if f'"{key}"' not in sources] == []
    assert all(key.startswith(f"{word.page}_") for word in ALL_WORDS for key in word.parameters)


def test_every_page_but_home_and_the_list_itself_has_terms() -> None:
    course = ("vocabulary", "lessons", "quiz", "session", "server")
    assert all(terms_of_page(page) for page in URL_PATHS if page not in course)
    assert terms_of_page("home") == ()


def test_related_terms_exist() -> None:
    for words in (TERMS, ALL_WORDS):
        names = {word.name for word in words}
        assert {name for word in words for name in word.related} <= names


def defined_names(module: Path) -> set[str]:
    """What a module's text defines or imports at its top level."""
    names: set[str] = set()
    for node in ast.parse(module.read_text()).body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.ImportFrom(names=aliases):
                names |= {alias.asname or alias.name for alias in aliases}
    return names


def is_defined(code: str) -> bool:
    """Whether "dlcore.module.name" is there; read, not imported, so that no torch is loaded."""
    module, _, name = code.rpartition(".")
    path = ROOT / module.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return file.is_file() and name in defined_names(file)


def test_every_place_in_the_code_exists() -> None:
    assert [word.name for word in ALL_WORDS if word.code and not is_defined(word.code)] == []
    assert is_defined("dlcore.vocabulary.find")
    assert not is_defined("dlcore.vocabulary.lose")
    assert not is_defined("dlcore.nowhere.find")


def flaws(formula: str) -> list[str]:
    """What can be told wrong with LaTeX without setting it."""
    found = []
    bare = re.sub(r"\\[{}]", "", formula)
    depths = [bare[: i + 1].count("{") - bare[: i + 1].count("}") for i in range(len(bare))]
    if depths and (min(depths) < 0 or depths[-1]):
        found.append("braces")
    begins, ends = (re.findall(rf"\\{word}{{(\w+)}}", formula) for word in ("begin", "end"))
    if begins != ends[::-1]:
        found.append("environments")
    if len(re.findall(r"\\left\b", formula)) != len(re.findall(r"\\right\b", formula)):
        found.append("left and right")
    if "$" in formula:
        found.append("dollar sign")
    if set(re.findall(r"[^\x20-\x7e]", formula)):
        found.append("a sign that is not ASCII")
    return found


def test_formulas_are_balanced_latex() -> None:
    assert {word.name: flaws(word.formula) for word in ALL_WORDS if flaws(word.formula)} == {}
    assert flaws(r"\frac{1}{2") == ["braces"]
    assert flaws(r"}{") == ["braces"]
    assert flaws(r"\begin{aligned} a \end{cases}") == ["environments"]
    assert flaws("η") == ["a sign that is not ASCII"]


def test_formulas_inside_definitions_are_balanced() -> None:
    for term in ALL_WORDS:
        assert term.definition.count("$") % 2 == 0, term.name
        assert not [piece for piece in re.findall(r"\$(.+?)\$", term.definition) if flaws(piece)], term.name


def test_definitions_are_short_prose() -> None:
    for term in ALL_WORDS:
        assert 40 <= len(term.definition) <= 560, (term.name, len(term.definition))
        assert len(term.short) <= 100, term.name
        assert "|" not in term.short, term.name  # it stands in a Markdown table
        assert "!" not in term.definition + term.short + term.mistake, term.name


def test_search_finds_names_first_and_needs_every_word() -> None:
    assert find("loss")[0].name == "Loss function"
    assert find("backprop")[0].name == "Backpropagation"
    assert find("K-FOLD")[0].name == "k-fold cross-validation"
    assert find("η")[0].name == "Learning rate"
    assert find("") == find("  ") == TERMS
    assert find("gradient zebra") == find("?!") == ()


def test_of_a_search_of_50_000_characters_only_the_beginning_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr(search, "plain", lambda text: compared.append(len(text)) or plain(text))
    assert find("e " * 25_000) == find("e")
    assert len(compared) < 10 * len(TERMS) and compared[0] <= 200


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("momentun", "Momentum"),
        ("sensitivty", "Sensitivity"),
        ("backpropogation", "Backpropagation"),
        ("∇", "Gradient"),
        ("η", "Learning rate"),
        ("ŷ", "Prediction"),
        ("κ", "Condition number"),
        ("gradients", "Gradient"),
        ("Jacobians", "Jacobian"),
        ("local minima", "Local minimum"),
        ("hyperplanes", "Hyperplane"),
        ("batch normalisation", "Batch normalization"),
        ("regularisation", "Regularization"),
        ("standardise", "Standardization"),
        ("recall", "Sensitivity"),
        ("momentum", "Momentum"),
    ],
)
def test_search_forgives_slips_and_finds_symbols_plurals_and_british_spelling(query: str, first: str) -> None:
    assert find(query, ALL_WORDS)[0].name == first


def test_what_was_understood_instead_is_said_and_only_where_nothing_was_found() -> None:
    assert instead("momentun", ALL_WORDS) == "momentum"
    assert instead("momentum", ALL_WORDS) == instead("∇", ALL_WORDS) == instead("zebra", ALL_WORDS) == ""
    assert (
        "matrix" in search.singular("matrices")
        and search.respelled("grey colour centre") == "gray color center"
    )


def test_lookup_forgives_case_and_signs() -> None:
    assert named("weights & biases") is named("Weights and Biases") is not None
    assert named("learning rate η") is named("Learning rate")
    assert named("weights") is None


def test_an_entry_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "vocabulary.toml"
    file.write_text('[[term]]\nname = "x"\ncolour = "blue"\n')
    with pytest.raises(TypeError, match="colour"):
        read_terms(file)


def test_the_maps_lines_join_different_terms_once_and_reach_every_term() -> None:
    pairs = edges()
    assert all(a != b for a, b in pairs)
    assert len({frozenset(pair) for pair in pairs}) == len(pairs)
    assert {name for pair in pairs for name in pair} == {term.name for term in TERMS}
    assert ("Neuron", "Pre-activation") in pairs
    assert all(b in named(a).related or a in named(b).related for a, b in pairs)  # type: ignore[union-attr]
    assert {name for pair in edges(ALL_WORDS) for name in pair} == {word.name for word in ALL_WORDS}


def test_mentioned_terms_are_whole_words_and_the_longest_name_wins() -> None:
    def names(text: str) -> list[str]:
        return [term.name for term in mentioned(text)]

    assert names("Adam and the learning rate of a mini-batch") == ["Adam", "Learning rate", "Mini-batch SGD"]
    assert names("two neurons, one SGD update") == ["Neuron", "SGD update"]
    assert names("interneuron, adamant, a train to catch") == []


def test_a_page_offers_the_words_of_its_claim(app: Callable) -> None:
    page = app("neuron")
    text = "\n".join(element.value for element in page.markdown)
    definition = named("Neuron").definition  # type: ignore[union-attr]
    assert definition in text
    assert named("Batch size").definition not in text  # type: ignore[union-attr]


@pytest.mark.parametrize("view", ["Map", "One line each"])
def test_the_word_of_the_address_is_open(app: Callable, view: str) -> None:
    page = app("home")
    page.query_params["vocabulary_view"] = view
    page.query_params["vocabulary_term"] = "learning-rate"
    page.switch_page("pages/vocabulary.py").run()
    assert not page.exception
    assert [element.value for element in page.subheader] == ["Learning rate"]


def test_csv_has_every_word() -> None:
    rows = list(csv.DictReader(as_csv(ALL_WORDS).splitlines()))
    assert [row["name"] for row in rows] == [word.name for word in ALL_WORDS]
    assert [row["formula"] for row in rows] == [word.formula for word in ALL_WORDS]


def test_flash_cards_have_ankis_header_and_mathjax_and_no_markup_of_ours() -> None:
    lines = as_anki(ALL_WORDS).splitlines()
    assert lines[:4] == ["#separator:Comma", "#html:true", "#columns:Front,Back,Tags", "#tags column:3"]
    cards = {front: back for front, back, _ in csv.reader(lines[4:])}
    assert list(cards) == [word.name for word in ALL_WORDS]
    assert not [name for name, back in cards.items() if "$" in back]
    assert r"\(\varphi\)" in cards["Nesterov momentum"] and r"\[" in cards["Adam"]
    assert "<i>uncentered second moment</i>" in cards["Adam"]
    assert "z &lt; 0" in cards["ReLU"]


def test_definitions_show_every_word_and_its_link(app: Callable) -> None:
    page = app("home")
    page.query_params["vocabulary_view"] = "Definitions"
    page.switch_page("pages/vocabulary.py").run()
    assert [element.value for element in page.subheader] == [word.name for word in ALL_WORDS]
    text = "\n".join(element.value for element in page.markdown)
    assert [word.name for word in ALL_WORDS if word.definition not in text or word.mistake not in text] == []
    assert page.caption[0].value == f"{len(ALL_WORDS)} of {len(ALL_WORDS)} words"


def test_search_without_a_hit_says_so_and_leads_back(app: Callable) -> None:
    page = app("vocabulary")
    page.text_input(key="vocabulary_q").set_value("zebra").run()
    assert not page.subheader
    assert any("No word contains" in element.value for element in page.markdown)
    page.button(key="vocabulary_all").click().run()
    assert page.subheader[0].value == "Neuron"


def test_a_slip_is_said_and_a_new_search_opens_its_best_hit(app: Callable) -> None:
    page = app("vocabulary")
    page.query_params["vocabulary_term"] = "neuron"
    page.text_input(key="vocabulary_q").set_value("momentun").run()
    assert "“momentum”" in page.caption[0].value
    assert page.subheader[0].value == "Momentum"


def test_search_that_hits_only_another_part_says_so(app: Callable) -> None:
    page = app("vocabulary")
    page.selectbox(key="vocabulary_part").set_value("Interpretability").run()
    page.text_input(key="vocabulary_q").set_value("epoch").run()
    assert any("in the others" in element.value for element in page.markdown)


def test_every_state_in_a_link_is_accepted_by_its_page(app: Callable) -> None:
    """`make test` tries every fourth link, `make proofs` all of them (ENGINES=all)."""

    def kept(page: str, parameters: dict[str, str]) -> bool:
        test = app("home")
        for key, value in parameters.items():
            test.query_params[key] = value
        test.switch_page(f"pages/{page}.py").run()
        # Streamlit takes a value that a widget does not know out of the address.
        return all(test.query_params.get(key) == value for key, value in parameters.items())

    states = {word.link: word for word in ALL_WORDS if word.parameters}
    chosen = states if os.environ.get("ENGINES") == "all" else dict(list(states.items())[::4])
    assert [link for link, word in chosen.items() if not kept(word.page, word.parameters)] == []
    assert not kept("vocabulary", {"vocabulary_part": "Nonsense"})


@pytest.mark.browser
def test_every_formula_is_set_and_every_cross_reference_has_a_target(open_page: Callable) -> None:
    page = open_page("the-vocabulary?vocabulary_view=Definitions")
    page.wait_for_selector("#universal-approximation")
    with_formula = sum(bool(term.formula) for term in ALL_WORDS)
    page.wait_for_function("n => document.querySelectorAll('.katex-display').length >= n", arg=with_formula)
    assert page.locator(".katex-display").count() == with_formula
    assert page.locator(".katex-error").count() == 0
    dangling = page.evaluate(
        """() => [...document.querySelectorAll('.st-key-vocabulary_entries a[href^="#"]')]
                 .map(a => a.getAttribute('href').slice(1)).filter(id => !document.getElementById(id))"""
    )
    assert dangling == []


@pytest.mark.browser
def test_deep_link_selects_and_typing_searches(open_page: Callable) -> None:
    page = open_page("the-vocabulary?vocabulary_q=hyperplane", width=390)
    page.wait_for_selector("#hyperplane")
    assert page.locator("#epoch").count() == 0
    page.get_by_label("Search", exact=True).fill("epoch")  # no Enter
    page.wait_for_selector("#epoch")
    page.wait_for_function("location.search.includes('vocabulary_q=epoch')")
    page.locator("[data-testid=stPageLink] a").first.click()
    page.wait_for_url("**/training-dashboard*")


@pytest.mark.browser
def test_hostile_search_in_the_address_is_only_text(open_page: Callable) -> None:
    page = open_page("the-vocabulary?vocabulary_q=%3Cscript%3Ealert(1)%3C/script%3E&vocabulary_view=%00")
    page.wait_for_selector("text=No word contains")
    assert page.locator("script", has_text="alert(1)").count() == 0
    page.get_by_role("button", name="Show all words").click()
    page.wait_for_selector("#neuron")
