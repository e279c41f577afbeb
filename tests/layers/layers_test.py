"""Keeps the layers and the purity of the house, and proves that it would notice.

    layers_test.py ROOT GENERATED COMPILER

First the tree itself must keep every rule of rules.py. Then each kind of breach
is planted in a copy, one at a time, and must be found: a check that cannot fail
is none.
"""

import os
import shutil
import sys
import tempfile

import rules

# name, file, what is added to it, words of the fault that must be found
TEXT_BREACHES = (
    ("an OS header in fix", "fix/planted.c", "#include <stdio.h>\n", "<stdio.h> is no header"),
    ("an OS header in the core", "gateway/core/planted.h", "#include <time.h>\n", "<time.h> is no"),
    ("a spaced-out include", "fix/planted.h", " #  include\t<unistd.h>\n", "<unistd.h> is no"),
    ("the core in fix", "fix/planted.c", '#include "gateway/core/engine/limits.h"\n', "included from fix/"),
    ("the store in fix", "fix/planted.c", '#include "session-store/store.h"\n', "from fix/"),
    ("the loader in fix", "fix/planted.c", '#include "fix/dictionary_loader.h"\n', "not pure"),
    ("the loader in the core", "gateway/core/planted.c", '#include "fix/dictionary_loader.h"\n',
     "not pure"),
    ("the store in the core", "gateway/core/planted.c", '#include "session-store/store.h"\n',
     "from gateway/core/"),
    ("the shell in the core", "gateway/core/planted.h", '#include "gateway/shell/clock.h"\n',
     "from gateway/core/"),
    ("messages in the store", "session-store/planted.c", '#include "fix/message.h"\n',
     "from session-store/"),
    ("the core in the store", "session-store/planted.h", '#include "gateway/core/engine/limits.h"\n',
     "from session-store/"),
    ("the core in the loader", "fix/dictionary_loader_planted.c",
     '#include "gateway/core/engine/limits.h"\n', "from fix/dictionary_loader"),
    ("a service in the shell", "gateway/shell/planted.c",
     '#include "gateway/services/planted.h"\n', "from gateway/shell/"),
    ("a neighbour's path", "fix/planted.c", '#include "message.h"\n', "not written from the root"),
    ("a path upwards", "gateway/core/planted.c", '#include "../../fix/message.h"\n',
     "not written from the root"),
    ("a test's header", "gateway/shell/planted.c", '#include "tests/unit/store_fixture.h"\n',
     "not written from the root"),
    ("a header that is not there", "fix/planted.c", '#include "fix/nowhere.h"\n', "is not there"),
    ("our header in angles", "fix/planted.c", "#include <fix/message.h>\n", "written in quotes"),
    ("an OS header in apply.c", "gateway/shell/apply.c", "#include <unistd.h>\n",
     "gateway/shell/apply.c: <unistd.h>"),
    ("a second door to LMDB", "session-store/planted.c", "#include <lmdb.h>\n",
     "store_internal.h"),
    ("a second door to ZeroMQ", "gateway/services/planted.c", "#include <zmq.h>\n", "zeromq.c"),
    ("a second door to expat", "fix/dictionary_loader_planted.c", "#include <expat.h>\n",
     "dictionary_loader.c"),
    ("a second door to jansson", "gateway/shell/planted.h", "#include <jansson.h>\n", "json_door.h"),
    ("a second door to inih", "gateway/shell/planted.c", "#include <ini.h>\n", "config_file.c"),
    ("a second door to epoll", "gateway/shell/planted.c", "#include <sys/epoll.h>\n", "poller.c"),
    ("a second door to OpenSSL", "gateway/shell/planted.c", "#include <openssl/ssl.h>\n",
     "tls_internal.h"),
    ("a second clock", "gateway/shell/planted.c",
     "void planted(void) { clock_gettime(0, 0); }\n", "clock.c"),
    ("the old clock", "gateway/services/planted.c", "long planted(void) { return time(NULL); }\n",
     "clock.c"),
    ("a double in fix", "fix/planted.h", "double planted_price(void);\n", "floating point: double"),
    ("a float in the loader", "fix/dictionary_loader_planted.c", "static float planted;\n",
     "floating point: float"),
    ("a fraction in the core", "gateway/core/planted.c",
     "static const int planted = (int)(100 * 1.5);\n", "floating point: 1.5"),
)

SYMBOL_BREACHES = (
    ("memory from the heap", "fix/planted.c",
     "void *malloc(unsigned long);\nvoid *planted(void) { return malloc(7); }\n", "calls malloc"),
    ("memory by a builtin", "gateway/core/planted.c",
     "void *planted(void) { return __builtin_malloc(7); }\n", "calls malloc"),
    ("printing", "fix/planted.c",
     "int printf(const char *, ...);\nint planted(int n) { return printf(\"%d\", n); }\n",
     "calls printf"),
    ("reading the clock", "gateway/core/planted.c",
     "long time(long *);\nlong planted(void) { return time(0); }\n", "calls time"),
    ("input and output", "gateway/core/planted.c",
     "long write(int, const void *, unsigned long);\n"
     "long planted(void) { return write(1, \"\", 1); }\n", "calls write"),
    ("calling the store", "gateway/core/planted.c",
     "int store_begin(void *);\nint planted(void *store) { return store_begin(store); }\n",
     "calls store_begin"),
    ("a weak way out", "fix/planted.c",
     "__attribute__((weak)) int getpid(void);\nint planted(void) { return getpid(); }\n",
     "calls getpid"),
    ("fix calling the core", "fix/planted.c",
     "int planted_of_the_core(void);\nint planted(void) { return planted_of_the_core(); }\n",
     "calls planted_of_the_core"),
    ("a global", "fix/planted.c", "int planted_count = 3;\n", "planted_count is a global"),
    ("a global of zeros", "gateway/core/planted.c", "int planted_count;\n",
     "planted_count is a global"),
    ("a hidden global", "gateway/core/planted.c",
     "int planted(void) { static int hidden; return ++hidden; }\n", "hidden"),
    ("a global of each thread", "fix/planted.c", "_Thread_local int planted_count = 3;\n",
     "planted_count is a global"),
    ("a table that can be written", "fix/planted.c",
     "const char *planted_names[] = {\"a\", \"b\"};\n", "planted_names is a global"),
)

# What must not be taken for a breach.
HARMLESS = (
    ("fix/planted.c",
     '#include "fix/base.h"\n'
     "/* A double float of 1.5, malloc(), time(NULL)\n"
     "#include <stdio.h>\n"
     " */\n"
     "// clock_gettime(0, 0)\n"
     "const char *planted_text(int n);\n"
     "static const char *const names[] = {\"double\", \"time(\", \"1.5\"};\n"
     "const char *planted_text(int n) { return names[n % 3]; }\n"
     "__int128 planted_quotient(__int128 a, __int128 b) { return a / b; }\n"
     "void planted_copy(char *to, const char *from, size_t n) { ASSERT(n > 0); memcpy(to, from, n); }\n"),
    ("gateway/shell/planted.c",
     "struct planted { long (*time)(void); };\n"
     "long planted(const struct planted *p) { return p->time() + planted_time(); }\n"),
)


class Copy:
    """A copy of the product's sources, into which one file at a time is planted."""

    def __init__(self, root, directory):
        self.root = os.path.join(directory, "tree")
        for path in rules.sources(root):
            target = os.path.join(self.root, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(os.path.join(root, path), target)
        # To be included by plants, so that only the layer can be the fault.
        os.makedirs(os.path.join(self.root, "gateway/services"), exist_ok=True)
        with open(os.path.join(self.root, "gateway/services/planted.h"), "w",
                  encoding="utf-8") as file:
            file.write("int planted_service(void);\n")

    def planted(self, path, text, check):
        """What `check` says of the tree with `text` added to the file `path`."""
        target = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        before = None
        if os.path.exists(target):
            with open(target, encoding="utf-8") as file:
                before = file.read()
        with open(target, "a", encoding="utf-8") as file:
            file.write(text)
        try:
            return check()
        finally:
            if before is None:
                os.remove(target)
            else:
                with open(target, "w", encoding="utf-8") as file:
                    file.write(before)


class LayersTest:
    def __init__(self, root, generated, compiler, directory):
        self.root, self.generated, self.compiler = root, generated, compiler
        self.objects = os.path.join(directory, "objects")
        os.makedirs(self.objects)
        self.copy = Copy(root, directory)
        self.failures = []
        self.defined_fix = self.defined_core = set()

    def say(self, name, failures):
        print(f"{'ok' if not failures else 'FAILED':8}{name}")
        for failure in failures:
            print(f"        {failure}")
        self.failures += failures

    def symbol_faults(self, root, paths):
        symbols, faults = rules.read_symbols(root, self.generated, paths, self.objects,
                                             self.compiler)
        return symbols, faults

    def tree_keeps_the_rules(self):
        if not os.path.isfile(os.path.join(self.generated, "fix/tags.h")):
            self.say("the tree", ["fix/tags.h is not there: build the target fix_tags first"])
            return
        for check in rules.TEXT_CHECKS:
            self.say(check.__doc__, check(self.root, self.generated))
        paths = [path for path in rules.sources(self.root)
                 if rules.is_pure(path) and path.endswith(".c")]
        symbols, faults = self.symbol_faults(self.root, paths)
        self.defined_fix = rules.defined_in(symbols, ("fix/",))
        self.defined_core = rules.defined_in(symbols, ("gateway/core/",)) | {"planted_of_the_core"}
        faults += rules.check_symbols(symbols, self.defined_fix, self.defined_core)
        self.say(rules.check_symbols.__doc__, faults)

    def check_planted_text(self, path, text):
        return self.copy.planted(
            path, text, lambda: rules.check_text(self.copy.root, self.generated))

    def check_planted_symbols(self, path, text):
        def check():
            symbols, faults = self.symbol_faults(self.copy.root, [path])
            own = rules.defined_in(symbols, (path,))
            return faults + rules.check_symbols(symbols, self.defined_fix | own, self.defined_core)
        return self.copy.planted(path, text, check)

    def breach_is_found(self, name, path, words, faults):
        found = [fault for fault in faults if fault.startswith(path + ":") and words in fault]
        self.say(f"finds {name}", [] if found else [f"{name} in {path} was not found: {faults}"])

    def breaches_are_found(self):
        for name, path, text, words in TEXT_BREACHES:
            self.breach_is_found(name, path, words, self.check_planted_text(path, text))
        for name, path, text, words in SYMBOL_BREACHES:
            self.breach_is_found(name, path, words, self.check_planted_symbols(path, text))

    def harmless_is_not_blamed(self):
        for path, text in HARMLESS:
            faults = [fault for fault in self.check_planted_text(path, text)
                      if fault.startswith(path + ":")]
            if rules.is_pure(path):
                faults += self.check_planted_symbols(path, text)
            self.say(f"does not blame the harmless {path}", faults)


def main():
    root, generated, compiler = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as directory:
        test = LayersTest(os.path.abspath(root), os.path.abspath(generated), compiler, directory)
        test.tree_keeps_the_rules()
        test.breaches_are_found()
        test.harmless_is_not_blamed()
    if test.failures:
        print(f"{len(test.failures)} failed")
        sys.exit(1)
    print("all passed")


if __name__ == "__main__":
    main()
