package browsertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// screenshots is the directory for pictures of every page; "": they aren't kept.
var screenshots = os.Getenv("INTERCHANGE_SCREENSHOTS")

// Screenshot is a picture of the whole page. It is kept as NAME.png.
func (p *page) Screenshot(name string) []byte {
	p.t.Helper()
	size := call(p, cdpage.GetLayoutMetrics, cdp.Empty{}).CSSContentSize
	return p.picture(name, cdpage.Viewport{Width: size.Width, Height: size.Height, Scale: 1})
}

// Detail is Screenshot for the first element that a selector finds, in a window as high as that needs.
func (p *page) Detail(name, selector string, width int64) []byte {
	p.t.Helper()
	p.Size(width, 1)
	var bottom int64
	p.evaluate(`Math.ceil(document.querySelector(`+strconv.Quote(selector)+`).getBoundingClientRect().bottom + scrollY)`, &bottom)
	p.Size(width, bottom)
	box := cdpage.Viewport{Scale: 1}
	p.evaluate(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))).then(() => 0)`, nil) // all is drawn
	p.evaluate(`(r => ({x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height}))(document.querySelector(`+strconv.Quote(selector)+`).getBoundingClientRect())`, &box)
	return p.picture(name, box)
}

// picture is a picture of a part of the page.
func (p *page) picture(name string, part cdpage.Viewport) []byte {
	p.t.Helper()
	yes := true
	png := call(p, cdpage.CaptureScreenshot, cdpage.CaptureScreenshotParams{CaptureBeyondViewport: &yes, OptimizeForSpeed: &yes, Clip: &part}).Data
	p.keep(name+".png", png)
	return png
}

// Print is the page as a printer prints it.
func (p *page) Print(name string) []byte {
	p.t.Helper()
	pdf := call(p, cdpage.PrintToPDF, cdpage.PrintToPDFParams{}).Data
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		p.t.Fatalf("%s prints as %.20q", p.URL(), pdf)
	}
	p.keep(name+".pdf", pdf)
	return pdf
}

// keep writes a file to the directory of the screenshots.
func (p *page) keep(name string, data []byte) {
	p.t.Helper()
	if screenshots == "" {
		return
	}
	if err := os.MkdirAll(screenshots, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(screenshots, name), data, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// Wide says by how many pixels the page is wider than the window.
func (p *page) Wide() float64 {
	p.t.Helper()
	m := call(p, cdpage.GetLayoutMetrics, cdp.Empty{})
	return m.CSSContentSize.Width - float64(m.CSSLayoutViewport.ClientWidth)
}

// evaluate runs a script in the page, whatever the page's security policy says, and decodes its result.
func (p *page) evaluate(script string, result any) {
	p.t.Helper()
	yes := true
	r := call(p, runtime.Evaluate, runtime.EvaluateParams{Expression: script, AwaitPromise: &yes, ReturnByValue: &yes})
	if r.ExceptionDetails != nil {
		p.t.Fatalf("%s: %s %v", p.URL(), r.ExceptionDetails.Text, r.ExceptionDetails.Exception)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal([]byte(r.Result.Value), result); err != nil {
		p.t.Fatal(err)
	}
}

// Axe returns what axe-core finds wrong on the page, one line for each element, by some of its rules; without
// their names, by all.
func (p *page) Axe(rules ...string) []string {
	p.t.Helper()
	options := `{resultTypes: ["violations"]}`
	if len(rules) > 0 {
		options = fmt.Sprintf(`{resultTypes: ["violations"], runOnly: {type: "rule", values: %q.split(" ")}}`, strings.Join(rules, " "))
	}
	path := os.Getenv("INTERCHANGE_AXE")
	if path == "" {
		lacking(p.t, "set INTERCHANGE_AXE to the file axe.min.js of axe-core")
	}
	var there bool
	if p.evaluate(`"axe" in window`, &there); !there {
		axe, err := os.ReadFile(path)
		if err != nil {
			p.t.Fatal(err)
		}
		p.evaluate(string(axe)+"\n;0", nil)
	}
	var found []struct {
		ID, Help string
		Nodes    []struct{ HTML, FailureSummary string }
	}
	p.evaluate(`axe.run(document, `+options+`).then(r => r.violations)`, &found)
	var lines []string
	for _, f := range found {
		for _, n := range f.Nodes {
			lines = append(lines, fmt.Sprintf("%s: %s: %s (%s)", f.ID, f.Help, n.HTML, strings.Join(strings.Fields(n.FailureSummary), " ")))
		}
	}
	return lines
}
