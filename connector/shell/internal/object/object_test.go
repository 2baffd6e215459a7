package object_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/auth"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

const secret = "hunter2"

// TestSecureNeverPrints formats a SecureString by every route of package fmt, and
// through what wraps it.
func TestSecureNeverPrints(t *testing.T) {
	s := object.NewSecure(auth.Secret(secret))
	wrapped := struct{ v *object.Secure }{s}
	values := []any{s, *s, wrapped, &wrapped, []any{s}, map[string]any{"s": s}, object.NewCredential("u", object.NewSecure(secret)), object.NewList(s)}
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			hides(t, verb, fmt.Sprintf(verb, v))
		}
		hides(t, "Text", object.Text(v))
		text, err := json.Marshal(v)
		hides(t, "JSON", string(text)+fmt.Sprint(err))
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		hides(t, "log", log.String())
	}
	if s.Reveal().Reveal() != secret {
		t.Error("Reveal doesn't give the secret")
	}
}

func hides(t *testing.T, route, text string) {
	t.Helper()
	if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
		t.Errorf("%s prints %q", route, text)
	}
}

func TestZeroSecure(t *testing.T) {
	var none *object.Secure
	if none.Reveal() != "" || new(object.Secure).Reveal() != "" {
		t.Error("a zero SecureString isn't empty")
	}
}

func TestCredential(t *testing.T) {
	for _, want := range []param.Credential{{UserName: "u", Password: secret}, {UserName: "u", PasswordFrom: param.SecretPlace{File: "hub.pw"}}} {
		if got, ok := object.AsCredential(object.CredentialObject(want)); got != want || !ok {
			t.Errorf("%v is %v, %v", want, got, got.PasswordFrom)
		}
	}
	for _, v := range []object.Value{nil, "u", object.NewObject("PSCredential", 0), object.NewObject("Other", 0)} {
		if _, ok := object.AsCredential(v); ok {
			t.Errorf("%T is a credential", v)
		}
	}
}

// custom is an object with two properties.
func custom() *object.Object {
	o := object.NewObject("PSCustomObject", 2)
	o.Set("Name", "a")
	o.Set("List", object.NewList(int64(1), int64(2)))
	return o
}

func TestText(t *testing.T) {
	nested := object.NewList(int64(1), object.NewList(int64(2)))
	named := &object.Object{Type: "ReceiveConnector", Text: `EX01\Relay`}
	for _, tt := range []struct {
		v    object.Value
		want string
	}{
		{nil, ""}, {"x", "x"}, {true, "True"}, {false, "False"}, {int64(-5), "-5"},
		{3.5, "3.5"}, {1e20, "1E+20"}, {0.00001234, "1.234E-05"},
		{object.NewList("a", int64(1), nil, true), "a 1  True"},
		{nested, "1 System.Object[]"},
		{new(object.Table), "System.Collections.Hashtable"},
		{custom(), "@{Name=a; List=System.Object[]}"},
		{named, `EX01\Relay`},
		{object.NewList(named), `EX01\Relay`},
		{object.NewList(custom()), "PSCustomObject"},
		{object.Size(10 * param.MB), "10 MB (10,485,760 bytes)"},
		{object.Span(90 * time.Second), "00:01:30"},
		{object.Flags{Text: "Tls, BasicAuth"}, "Tls, BasicAuth"},
		{object.Scalar{Text: "10.0.0.0/8"}, "10.0.0.0/8"},
	} {
		if got := object.Text(tt.v); got != tt.want {
			t.Errorf("Text(%#v) = %q, want %q", tt.v, got, tt.want)
		}
	}
}

func TestTruth(t *testing.T) {
	for _, v := range []object.Value{true, int64(1), -0.5, "x", "False", object.NewList(int64(1)), object.NewList(nil, nil),
		object.NewList(object.NewList()), new(object.Table), custom(), object.Size(0), object.NewSecure("")} {
		if !object.Truth(v) {
			t.Errorf("%#v is false", v)
		}
	}
	for _, v := range []object.Value{nil, false, int64(0), 0.0, "", object.NewList(), object.NewList(int64(0)), object.NewList(nil)} {
		if object.Truth(v) {
			t.Errorf("%#v is true", v)
		}
	}
}

// TestCompare: the left side says as what the right one is read.
func TestCompare(t *testing.T) {
	size := object.Size(10 * param.MB)
	named := &object.Object{Type: "X", Text: "Relay"}
	for _, tt := range []struct {
		a, b object.Value
		want int
	}{
		{"abc", "ABC", 0}, {"a", "B", -1}, {"Z", "a", 1}, {"a", "ab", -1}, {"straße", "STRASSE", 1}, {"É", "é", 0},
		{"5", int64(5), 0}, {"05", int64(5), -1}, {int64(5), "05", 0}, {int64(5), "5.5", -1}, {int64(10), 9.5, 1}, {int64(1048576), "1MB", 0},
		{true, "x", 0}, {true, int64(0), 1}, {"true", true, 0},
		{nil, nil, 0}, {nil, int64(-5), -1}, {"", nil, 1},
		{size, int64(10 << 20), 0}, {int64(10 << 20), size, 0}, {size, "10MB", 0}, {size, "9MB", 1}, {size, object.Size(11 * param.MB), -1}, {"9MB", size, -1},
		{size, "no size", -1}, {size, 1.5, 1},
		{object.Span(time.Minute), "00:01:00", 0}, {object.Span(time.Minute), "1.00:00:00", -1},
		{object.Flags{Text: "Tls, BasicAuth"}, "basicauth,tls", 0}, {object.Flags{Text: "Tls"}, "None", 1},
		{object.Scalar{Text: "ABC"}, "abc", 0}, {"abc", object.Scalar{Text: "ABC"}, 0},
		{named, "relay", 0}, {named, named, 0},
	} {
		got, err := object.Compare(tt.a, tt.b)
		if err != nil || got != tt.want {
			t.Errorf("Compare(%#v, %#v) = %d, %v, want %d", tt.a, tt.b, got, err, tt.want)
		}
		if equal := object.Equal(tt.a, tt.b); equal != (tt.want == 0) {
			t.Errorf("Equal(%#v, %#v) = %v", tt.a, tt.b, equal)
		}
	}
}

func TestCompareRefuses(t *testing.T) {
	for _, tt := range [][2]object.Value{
		{int64(5), secret}, {int64(5), object.NewList(int64(5))}, {new(object.Table), new(object.Table)}, {object.NewSecure("a"), object.NewSecure("a")}, {custom(), custom()},
	} {
		_, err := object.Compare(tt[0], tt[1])
		if err == nil {
			t.Errorf("%#v and %#v have an order", tt[0], tt[1])
			continue
		}
		hides(t, "the error", err.Error())
		if object.Equal(tt[0], tt[1]) {
			t.Errorf("%#v equals %#v", tt[0], tt[1])
		}
	}
}

func TestNumber(t *testing.T) {
	for s, want := range map[string]object.Value{
		"5": int64(5), " 5 ": int64(5), "": int64(0), "-7": int64(-7), "0x1F": int64(31), "10MB": int64(10 << 20), "1.5kb": int64(1536),
		"2.5": 2.5, "1e3": int64(1000), "1gb": int64(1 << 30), "010": int64(10), "9223372036854775807": int64(1<<63 - 1),
	} {
		if got, ok := object.ParseNumber(s); !ok || got != want {
			t.Errorf("%q is %v, want %v", s, got, want)
		}
	}
	for _, s := range []string{"x", "5x", "1_000", "NaN", "Infinity", "inf", "0x", "0x1p4", "1,5", "MB"} {
		if got, ok := object.ParseNumber(s); ok {
			t.Errorf("%q is the number %v", s, got)
		}
	}
}

func TestMember(t *testing.T) {
	table := new(object.Table)
	table.Set("Count2", "x")
	objects := object.NewList(custom(), custom(), object.NewObject("Other", 0))
	for _, tt := range []struct {
		v    object.Value
		name string
		want string
	}{
		{custom(), "NAME", "a"}, {objects, "Name", "a a"}, {objects, "List", "1 2 1 2"}, {objects, "count", "3"},
		{"grün", "Length", "4"}, {int64(5), "Count", "1"}, {nil, "Count", "0"}, {table, "count2", "x"}, {table, "Count", "1"}, {table, "Keys", "Count2"},
		{object.NewList("ab", "c"), "Length", "2"},
		{object.Span(90 * time.Minute), "TotalHours", "1.5"}, {object.Span(90 * time.Minute), "minutes", "30"},
	} {
		got, ok := object.Member(tt.v, tt.name)
		if !ok || object.Text(got) != tt.want {
			t.Errorf("%#v.%s = %q, %v, want %q", tt.v, tt.name, object.Text(got), ok, tt.want)
		}
	}
	for _, tt := range []struct {
		v    object.Value
		name string
	}{{custom(), "nosuch"}, {nil, "Name"}, {object.NewSecure(secret), "Reveal"}, {object.NewSecure(secret), "Length"}, {object.NewList(object.NewSecure(secret), object.NewSecure(secret)), "Reveal"}, {objects, "nosuch"}, {object.Size(1), "Value"}} {
		if got, ok := object.Member(tt.v, tt.name); ok {
			t.Errorf("%#v.%s = %v", tt.v, tt.name, got)
		}
	}
}

func TestMethods(t *testing.T) {
	size := object.Size(10*param.MB + 1)
	for _, tt := range []struct {
		v    object.Caller
		name string
		args []object.Value
		want object.Value
	}{
		{size, "toMB", nil, int64(10)}, {size, "ToBytes", nil, int64(10<<20 + 1)}, {size, "ToKB", nil, int64(10240)},
		{object.Flags{Text: "Tls, BasicAuth"}, "HasFlag", []object.Value{"tls"}, true},
		{object.Flags{Text: "Tls, BasicAuth"}, "HasFlag", []object.Value{"Tls,Integrated"}, false},
	} {
		got, ok, err := tt.v.Call(tt.name, tt.args)
		if !ok || err != nil || got != tt.want {
			t.Errorf("%v.%s = %v, %v, %v, want %v", tt.v, tt.name, got, ok, err, tt.want)
		}
	}
	for _, v := range []object.Caller{size, object.Flags{}} {
		if _, ok, _ := v.Call("NoSuch", nil); ok {
			t.Errorf("%T has NoSuch", v)
		}
	}
}
