"""The stand-in for chaoslib, as extensions use it."""
import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, "aftershock_worker", "fallback"), ROOT]

from chaoslib import decode_bytes, experiment_hash, substitute  # noqa: E402
from chaoslib.activity import ensure_activity_is_valid, run_activity  # noqa: E402
from chaoslib.caching import cache_activities, clear_cache, lookup_activity  # noqa: E402
from chaoslib.configuration import load_configuration  # noqa: E402
from chaoslib.control import controls  # noqa: E402
from chaoslib.exceptions import ActivityFailed, FailedActivity, InvalidActivity, InvalidExperiment  # noqa: E402
from chaoslib.hypothesis import within_tolerance  # noqa: E402
from chaoslib.secret import load_secrets  # noqa: E402
from chaoslib.types import Dry, Strategy  # noqa: E402


def activity(provider, **more):
    return dict({"type": "probe", "name": "p", "provider": provider}, **more)


class Substitution(unittest.TestCase):
    def test_alone_keeps_its_type_mixed_becomes_text(self):
        configuration = {"n": 3, "d": {"k": 1}}
        self.assertEqual(substitute("${n}", configuration, {}), 3)
        self.assertEqual(substitute("$n", configuration, {}), "3")
        self.assertEqual(substitute("a ${d}", configuration, {}), "a {'k': 1}")

    def test_configuration_wins_over_secrets_and_unknown_stays(self):
        found = substitute({"k": ["${a}", "${b}", "${c}"]}, {"a": 1}, {"s": {"a": 2, "b": 3}})
        self.assertEqual(found, {"k": [1, 3, "${c}"]})


class Activities(unittest.TestCase):
    def test_python(self):
        provider = {"type": "python", "module": "os.path", "func": "join", "arguments": {"a": "x"}}
        self.assertEqual(run_activity(activity(provider), {}, {}), "x")
        provider["arguments"] = {"a": 1}
        with self.assertRaisesRegex(ActivityFailed, "TypeError"):
            run_activity(activity(provider), {}, {})

    def test_process(self):
        provider = {"type": "process", "path": sys.executable, "arguments": ["-c", "print('${x}'); exit(3)"]}
        self.assertEqual(
            run_activity(activity(provider), {"x": "hi"}, {}), {"status": 3, "stdout": "hi\n", "stderr": ""}
        )
        provider.update(arguments=["-c", "import time; time.sleep(30)"], timeout=0.2)
        with self.assertRaises(FailedActivity):
            run_activity(activity(provider), {}, {})

    def test_http(self):
        import http.server
        import threading

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = b'{"path": "%s"}' % self.path.encode()
                self.send_response(404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = "http://127.0.0.1:%d/x" % server.server_port
            provider = {"type": "http", "url": "${u}", "arguments": {"q": [1, 2], "none": None}}
            answer = run_activity(activity(provider), {"u": url}, {})
            server.shutdown()
        self.assertEqual((answer["status"], answer["body"]), (404, {"path": "/x?q=1&q=2"}))
        with self.assertRaisesRegex(ActivityFailed, "failed to connect"):
            run_activity(activity(provider), {"u": url}, {})

    def test_validation(self):
        ensure_activity_is_valid({"ref": "other"})
        with self.assertRaisesRegex(InvalidActivity, "could not find Python module 'zz' in activity 'p'"):
            ensure_activity_is_valid(activity({"type": "python", "module": "zz", "func": "f"}))
        with self.assertRaisesRegex(InvalidActivity, "unknown provider type 'x'"):
            ensure_activity_is_valid(activity({"type": "x"}))


class Tolerances(unittest.TestCase):
    def test_table(self):
        probe = activity({"type": "python", "module": "os.path", "func": "exists", "arguments": {}})
        probe["provider"].update(module="builtins", func="str")
        for tolerance, value, expected in [
            (True, 1, True),
            (200, {"status": 200}, True),
            ([200, 299], {"status": 250}, False),
            ([1, 5], 5, True),
            (["a"], "b", False),
            ("x", "x", True),
            ({"type": "range", "range": [1, 5]}, "3", True),
            ({"type": "range", "range": [1, 5]}, "x", False),
            ({"type": "regex", "pattern": "^${p}", "target": "stdout"}, {"stdout": "abc"}, True),
        ]:
            with self.subTest(tolerance=tolerance, value=value):
                self.assertIs(within_tolerance(tolerance, value, {"p": "ab"}, {}), expected)


class Settings(unittest.TestCase):
    def test_configuration_and_secrets(self):
        os.environ["AFTERSHOCK_TEST_ENV"] = "no"
        declared = {"type": "env", "key": "AFTERSHOCK_TEST_ENV", "env_var_type": "bool"}
        missing = {"type": "env", "key": "AFTERSHOCK_TEST_NONE"}
        self.assertEqual(load_configuration({"a": 1, "b": declared}), {"a": 1, "b": False})
        self.assertEqual(load_secrets({"s": {"k": {"type": "env", "key": "AFTERSHOCK_TEST_ENV"}}}), {"s": {"k": "no"}})
        for load in (load_configuration, load_secrets):
            with self.assertRaises(InvalidExperiment):
                load({"a": missing})


class Others(unittest.TestCase):
    def test_hash_is_that_of_the_reference(self):
        self.assertEqual(experiment_hash({"title": "t", "method": []}), experiment_hash({"method": [], "title": "t"}))
        self.assertEqual(len(experiment_hash({})), 24)

    def test_names_of_strategies(self):
        self.assertIs(Strategy.from_string("continuously"), Strategy.CONTINUOUS)
        self.assertRaises(ValueError, Strategy.from_string, "continuous")
        self.assertIs(Dry.from_string("pause"), Dry.PAUSE)

    def test_activities_by_name_the_hypothesis_wins(self):
        method, probe = {"name": "a"}, {"name": "a", "tolerance": 1}
        cache_activities({"method": [method], "steady-state-hypothesis": {"probes": [probe]}})
        self.assertIs(lookup_activity("a"), probe)
        clear_cache()
        self.assertIsNone(lookup_activity("a"))

    def test_controls_around_an_activity(self):
        called = []
        module = type(sys)("aftershock_test_control")
        module.before_activity_control = lambda context, tag: called.append(("before", tag))
        module.after_activity_control = lambda context, state, tag: called.append((state, tag))
        sys.modules[module.__name__] = module
        provider = {"type": "python", "module": module.__name__, "arguments": {"tag": "${t}"}}
        experiment = {"controls": [{"name": "c", "provider": provider}]}
        with controls("activity", experiment, {"name": "a"}, {"t": "x"}, {}) as control:
            control.with_state("done")
        self.assertEqual(called, [("before", "x"), ("done", "x")])

    def test_bytes(self):
        self.assertEqual(decode_bytes("é".encode()), "é")
        with self.assertRaises(ActivityFailed):
            decode_bytes(b"\xff")


if __name__ == "__main__":
    unittest.main()
