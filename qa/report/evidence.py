"""One call as one file, its sound inside: what is handed over when a verdict is appealed.

The page is the call's own; styles, scripts and the recording stand in it. Its policy lets nothing be fetched and
nothing run but the scripts whose hashes it names.
"""

from __future__ import annotations

import base64
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from qa.config import Settings
from qa.errors import ConfigError
from qa.report.callpage import call_view
from qa.report.language import language
from qa.report.pages import STATIC, environment
from qa.report.shown import Shown
from qa.store.store import Store

_SCRIPTS = ("site.js", "call.js")
_PLAYER = "vendor/wavesurfer/wavesurfer.min.js"


@dataclass(frozen=True, slots=True)
class Bundle:
    """What base.html needs to stand alone: its styles and scripts, and the policy that allows just these."""

    css: Markup
    scripts: tuple[Markup, ...]
    policy: str
    nonce: str
    sound: str | None


def write_evidence(store: Store | Shown, call_id: str, out: Path, settings: Settings) -> Path:
    """Write the page of one call to ``out`` as a single file, and give its path.

    Raises:
        StoreError: there is no call of that id.
        ConfigError: ``out`` cannot be written.
    """
    shown = Shown.of(store, settings)
    call = shown.expect(call_id)
    with tempfile.TemporaryDirectory() as folder:
        sound = shown.sound(call, Path(folder))
        data = base64.b64encode(sound.path.read_bytes()).decode() if sound.path else None
    bundle = _bundle(data)
    say = language(settings.report.language)
    page = environment(settings).get_template("call.html").render(root="", bundle=bundle, **call_view(call, sound, say))
    unfinished = out.with_name(f"{out.name}.tmp")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(page.encode("utf-8", "replace"))
        unfinished.replace(out)
    except OSError as error:
        raise ConfigError("证据文件写不了", where=str(out), why=str(error), next_step="检查路径、权限与磁盘空间") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return out


def _bundle(sound: str | None) -> Bundle:
    css = _read("site.css")
    scripts = [_read(name) for name in (*(() if sound is None else (_PLAYER,)), *_SCRIPTS)]
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts)
    nonce = hashlib.sha256(css.encode()).hexdigest()[:32]  # for the player's own style sheet, which it makes while running
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; "
        "img-src data:; media-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'"
    )
    return Bundle(Markup(css), tuple(Markup(script) for script in scripts), policy, nonce, sound and f"data:audio/mpeg;base64,{sound}")


def _read(name: str) -> str:
    text = (STATIC / name).read_text(encoding="utf-8")
    if ("</style" if name.endswith(".css") else "</script") in text:  # would end its element in the middle of it
        message = f"{name} cannot stand inside a page"
        raise ValueError(message)
    return text
