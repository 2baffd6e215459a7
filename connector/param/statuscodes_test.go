package param_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/param"
)

func TestStatusCodes(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "none",
		" , ":                  "none",
		"5.4.6":                "5.4.6",
		"5.1.4,5.4.6 5.10.0":   "5.10.0, 5.4.6, 5.1.4",
		"5.4.6; 4.4.7 ; 5.4.6": "5.4.6, 4.4.7",
	} {
		c, err := param.ParseStatusCodes(text)
		if err != nil || c.String() != want {
			t.Errorf("%q is %v, %v, want %s", text, c, err, want)
		}
		for code := range c.All() {
			if !c.Has(code) {
				t.Errorf("%v doesn't have its %s", c, code)
			}
		}
		if c.Has("") || c.Has("5.4") || c.Has("5.4.60") || c.Has("5.1.4, 5.4.6") {
			t.Errorf("%v has codes that were not given", c)
		}
	}
	if param.MustParseStatusCodes("5.4.6, 5.1.4") != param.MustParseStatusCodes("5.1.4,5.4.6") {
		t.Error("the order counts")
	}
	if all := slices.Collect(param.StatusCodes{}.All()); len(all) != 0 {
		t.Errorf("the zero list has %q", all)
	}
	for _, text := range []string{"5.4", "5.4.6.1", "3.4.6", "5.4.1000", "5.04.6", "550", "5.4.x", "5.-4.6", "none", "5..6", "5.4.6\x00"} {
		if c, err := param.ParseStatusCodes(text); err == nil || !strings.Contains(err.Error(), "5.4.6") {
			t.Errorf("%q is %v, %v", text, c, err)
		}
	}
}

func FuzzStatusCodes(f *testing.F) {
	f.Add("5.4.8, 5.4.6, 5.4.4, 5.2.4, 5.2.0, 5.1.4")
	f.Add("")
	fuzzText[param.StatusCodes](f)
}
