package param_test

import (
	"fmt"

	"github.com/interchange-smtp/interchange/connector/param"
)

func ExampleParseSize() {
	size, err := param.ParseSize("36MB")
	fmt.Println(size, err)
	// Output: 36 MB (37,748,736 bytes) <nil>
}

func ExampleParseTimeSpan() {
	_, err := param.ParseTimeSpan("30")
	fmt.Println(err)
	// Output: time span "30": a bare number means days in Exchange; write d.00:00:00 for days or hh:mm:ss for less
}

func ExampleRange_Prefixes() {
	for p := range param.MustParseRange("10.0.0.1-10.0.0.6").Prefixes() {
		fmt.Println(p)
	}
	// Output:
	// 10.0.0.1/32
	// 10.0.0.2/31
	// 10.0.0.4/31
	// 10.0.0.6/32
}

// A Setting says whether a value was given: False is not the default here.
func ExampleSetting() {
	var left param.Setting[bool]
	given := param.Value(false)
	fmt.Println(left.Or(true), given.Or(true))
	// Output: true false
}
