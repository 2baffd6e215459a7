package diagram

import "strings"

// looks are the attributes of elements by class, for light pages. They aren't in a style sheet, because a
// server's Content-Security-Policy may forbid style sheets in a drawing that is opened as a document.
var looks = map[string]string{
	"ground": `fill="#ffffff"`,
	"title":  `font-size="17" font-weight="600"`,
	"head":   `font-size="12" fill="#6a737d"`,
	"name":   `font-weight="600"`,
	"label":  `font-weight="600" font-style="italic"`,
	"mute":   `fill="#6a737d"`,
	"sign":   `font-weight="700" text-anchor="middle"`,
	"login":  `fill="#1f6fd6" font-weight="600"`,
	"open":   `fill="#c2410c" font-weight="600"`,

	"box":       `fill="#f6f8fa" stroke="#b4bac2"`,
	"box login": `fill="#f6f8fa" stroke="#1f6fd6" stroke-width="2"`,
	"box open":  `fill="#f6f8fa" stroke="#d9480f" stroke-width="3"`,
	"inner":     `fill="none" stroke="#24292f"`,
	"badge":     `fill="#ffffff" stroke="#24292f"`,

	"wire":       `fill="none" stroke="#9aa1aa" stroke-width="1.3"`,
	"wire login": `fill="none" stroke="#1f6fd6" stroke-width="2"`,
	"wire open":  `fill="none" stroke="#d9480f" stroke-width="3"`,
	"tip":        `fill="#9aa1aa"`,
	"tip login":  `fill="#1f6fd6"`,
	"tip open":   `fill="#d9480f"`,
}

// look returns the attributes of an element of the class; none for "".
func look(class string) string {
	if class == "" {
		return ""
	}
	return ` class="` + class + `" ` + looks[class]
}

// fonts is the font family of all texts.
const fonts = `system-ui, 'Segoe UI', Helvetica, Arial, sans-serif`

// darkStyle has the colours for dark pages. The drawing has its own background, so that it can be read on
// either.
const darkStyle = `<style>
  @media (prefers-color-scheme: dark) {
    .ground, .badge { fill: #0d1117; }
    text { fill: #e6edf3; }
    .head, .mute { fill: #9198a1; }
    .box { fill: #161b22; stroke: #4b535d; }
    .inner, .badge { stroke: #e6edf3; }
    .wire { stroke: #6e7681; }
    .tip { fill: #6e7681; }
    .login.box, .login.wire { stroke: #4493f8; }
    .login.tip, text.login { fill: #4493f8; }
    .open.box, .open.wire { stroke: #ff7b3d; }
    .open.tip, text.open { fill: #ff7b3d; }
  }
</style>
`

// classes name the paths in looks.
var classes = [...]string{pathNone: "", pathPlain: "", pathLogin: " login", pathOpen: " open"}

// dashes are the outlines of boxes and arrows by their mark. A box that is new has a second outline inside
// the first.
var dashes = map[Mark]string{
	MarkChanged: ` stroke-dasharray="9 3"`, MarkRemoved: ` stroke-dasharray="2 3"`, MarkDisabled: ` stroke-dasharray="2 3"`,
}

// className returns the class of a line of text.
func (l line) className() string {
	if l.mute {
		return "mute"
	}
	return strings.TrimSpace(classes[l.path])
}
