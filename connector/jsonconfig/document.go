package jsonconfig

import (
	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
)

// Document is a configuration and the places of its values in the text, so that a
// mistake found later, by connector.Compile, can be shown with its line. It must
// not be changed.
type Document struct {
	Config connector.Config
	Places source.Map    // of every parameter that the text has, null or not
	Unread []source.Path // the parameters that have a mistake, see [Follows]
}
