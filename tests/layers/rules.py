"""The rules of the house, as checks over a tree of sources.

Each check returns its faults as lines of text "file: what is wrong"; an empty
list means that the rule is kept. design.md §2 says what the rules are for:
the logic must be a pure step, and each outside library has one door.
"""

import collections
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

PRODUCT = ("fix", "gateway", "session-store")

# Each layer, and what it may include besides itself. A file belongs to the first
# layer whose prefix it has, so the special ones come first.
LAYERS = (
    ("fix/dictionary_loader", ("fix/",)),
    ("fix/tags_generate", ("fix/",)),
    ("fix/", ()),
    ("gateway/core/", ("fix/",)),
    ("session-store/", ("fix/base.h", "fix/limits.h", "fix/decimal.h")),
    # main.c puts the parts together, so it knows them all.
    ("gateway/shell/main", ("fix/", "gateway/", "session-store/")),
    ("gateway/shell/", ("fix/", "gateway/core/", "session-store/")),
    ("gateway/services/",
     ("fix/", "gateway/bus_client.h", "gateway/core/", "gateway/shell/", "session-store/")),
    ("gateway/console/",
     ("fix/", "gateway/bus_client.h", "gateway/core/", "gateway/services/", "gateway/shell/",
      "session-store/")),
    ("gateway/", ("fix/", "gateway/core/", "gateway/shell/")),  # bus_client.h, for others
)

# The loader reads files and takes memory at start: the one impure part of fix/.
LOADER = ("fix/dictionary_loader", "fix/tags_generate")

# Headers of plain C that reach no operating system, and the compiler's own for
# vector instructions.
PURE_HEADERS = {
    "arm_neon.h", "emmintrin.h", "immintrin.h",
    "assert.h", "inttypes.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h", "stddef.h",
    "stdint.h", "string.h",
}

# Who alone may include a header, or name a function. None: any one file.
HEADER_DOORS = (
    (r"lmdb\.h", "session-store/store_internal.h"),
    (r"zmq\.h", "gateway/shell/zeromq.c"),
    (r"expat\.h", "fix/dictionary_loader.c"),
    (r"jansson\.h", "gateway/shell/json_door.h"),
    (r"ini\.h", "gateway/shell/config_file.c"),
    (r"sys/epoll\.h", "gateway/shell/poller.c"),
    (r"openssl/.*", "gateway/shell/tls_internal.h"),
    (r"microhttpd\.h", None),
    (r"curl/.*", None),
    (r"(editline/readline|histedit)\.h", None),
)
FUNCTION_DOORS = (
    (r"clock_gettime|gettimeofday|timespec_get|ftime|time|clock", "gateway/shell/clock.c"),
)

# What pure code may call that is not its own: memory and text of the caller, the
# end of the process by ASSERT, and what the compiler itself puts in.
PURE_CALLS = {
    "memcpy", "memmove", "memset", "memcmp", "bcmp", "memchr", "strlen", "strcmp", "strncmp",
    "__assert_fail", "__stack_chk_fail", "_GLOBAL_OFFSET_TABLE_",
    "__divti3", "__modti3", "__udivti3", "__umodti3", "__divmodti4", "__udivmodti4", "__multi3",
    "__muloti4",
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)
NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
FLOATING = re.compile(
    r"\b(?:float|double|_Float\w+|strto(?:d|f|ld)|atof)\b|(?<![\w.])\d+\.\d*(?:[eE][-+]?\d+)?")


def sources(root):
    """All C files of the product, as paths from the root."""
    found = []
    for folder in PRODUCT:
        for directory, _, names in os.walk(os.path.join(root, folder)):
            found += [os.path.relpath(os.path.join(directory, name), root)
                      for name in names if name.endswith((".c", ".h"))]
    return sorted(found)


def text_of(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def code_of(root, path):
    """The text without comments, strings and include lines."""
    return INCLUDE.sub("", NOT_CODE.sub(" ", text_of(root, path)))


def includes_of(root, path):
    """The pairs (is it ours, name) of a file; those in comments do not count."""
    text = re.sub(r"/\*.*?\*/", " ", text_of(root, path), flags=re.S)
    return [(quote == '"', name) for quote, name in INCLUDE.findall(text)]


def is_loader(path):
    return path.startswith(LOADER)


def is_pure(path):
    return path.startswith(("fix/", "gateway/core/")) and not is_loader(path)


def is_ours(root, generated, name):
    return any(os.path.isfile(os.path.join(top, name)) for top in (root, generated))


def check_includes(root, generated):
    """Nobody includes what stands above; all paths are written from the root."""
    faults = []
    for path in sources(root):
        layer, below = next(rule for rule in LAYERS if path.startswith(rule[0]))
        for ours, name in includes_of(root, path):
            if not ours:
                if (is_pure(path) or path == "gateway/shell/apply.c") and name not in PURE_HEADERS:
                    faults.append(f"{path}: <{name}> is no header of pure code")
                if is_ours(root, generated, name):
                    faults.append(f"{path}: <{name}> is ours: it is written in quotes")
            elif not name.startswith(tuple(f"{folder}/" for folder in PRODUCT)):
                faults.append(f'{path}: "{name}" is not written from the root')
            elif not is_ours(root, generated, name):
                faults.append(f'{path}: "{name}" is not there')
            elif is_loader(name) and is_pure(path):
                faults.append(f'{path}: "{name}" is of the loader, which is not pure')
            elif not name.startswith((layer,) + below):
                faults.append(f'{path}: "{name}" may not be included from {layer}')
    return faults


def check_doors(root, _generated):
    """Each outside library, and the clock, stands in one file."""
    users = collections.defaultdict(set)
    for path in sources(root):
        for ours, name in includes_of(root, path):
            for pattern, door in HEADER_DOORS:
                if not ours and re.fullmatch(pattern, name):
                    users[pattern, door].add(path)
        code = code_of(root, path)
        for pattern, door in FUNCTION_DOORS:
            # A call, and not a member or a declaration of ours that ends alike.
            if re.search(rf"(?<![\w.>])(?:{pattern})\s*\(", code):
                users[pattern, door].add(path)
    faults = []
    for (pattern, door), paths in sorted(users.items(), key=str):
        allowed = door if door is not None else min(paths)
        faults += [f"{path}: {pattern} has its one door in {allowed}"
                   for path in sorted(paths - {allowed})]
    return faults


def check_floating(root, _generated):
    """No floating point where prices, quantities and money are."""
    faults = []
    for path in sources(root):
        if path.startswith(("fix/", "gateway/core/")):
            found = FLOATING.search(code_of(root, path))
            if found:
                faults.append(f"{path}: floating point: {found.group(0)}")
    return faults


def compile_pure(root, generated, path, objects, compiler):
    """Compiles one source as for release; the object's path and the complaints.

    Not position-independent, since otherwise a constant table of pointers would
    stand among the writable data.
    """
    target = os.path.join(objects, path.replace("/", "__") + ".o")
    command = [compiler, "-std=c11", "-O2", "-fno-pic", "-fno-pie", "-w",
               "-D_POSIX_C_SOURCE=200809L", f"-I{root}", f"-I{generated}",
               "-c", os.path.join(root, path), "-o", target]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return path, target, result.stderr if result.returncode != 0 else ""


def symbols_of(target):
    """The pairs (kind, name) of an object, as nm gives them."""
    lines = subprocess.run(["nm", "--format=posix", target], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    return [(line.split()[1], line.split()[0]) for line in lines]


def read_symbols(root, generated, paths, objects, compiler):
    """The symbols of each source by its path, and the faults of compiling."""
    symbols, faults = {}, []
    with ThreadPoolExecutor(max_workers=2) as pool:
        jobs = pool.map(lambda path: compile_pure(root, generated, path, objects, compiler), paths)
        for path, target, complaints in jobs:
            if complaints:
                faults.append(f"{path}: does not compile: {complaints.strip().splitlines()[0]}")
            else:
                symbols[path] = symbols_of(target)
    return symbols, faults


def defined_in(symbols, prefixes):
    """What the sources under the prefixes define for others."""
    return {name for path, found in symbols.items() if path.startswith(prefixes)
            for kind, name in found if kind in "TRW"}


def check_symbols(symbols, defined_fix, defined_core):
    """Pure code calls only pure code, and has no data that it could change."""
    faults = []
    for path, found in sorted(symbols.items()):
        below = defined_fix if path.startswith("fix/") else defined_fix | defined_core
        for kind, name in found:
            if kind in "Uw" and name not in PURE_CALLS and name not in below:
                faults.append(f"{path}: calls {name}, which is not pure")
            elif kind in "DdBbCSsGg":
                faults.append(f"{path}: {name} is a global that can be written")
    return faults


TEXT_CHECKS = (check_includes, check_doors, check_floating)


def check_text(root, generated):
    return [fault for check in TEXT_CHECKS for fault in check(root, generated)]
