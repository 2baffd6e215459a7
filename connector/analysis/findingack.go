package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/source"
)

// acknowledgement is an Acknowledgement and its place in the Config.
type acknowledgement struct {
	connector.Acknowledgement
	place source.Path
	edit  func(*connector.Config) bool
}

// acknowledge marks the findings that the configuration acknowledges, and reports
// acknowledgements without effect.
func (c *checker) acknowledge() {
	var all []acknowledgement
	for i, path := range c.cfg.ElementPaths("Receive") {
		all = append(all, inComment(path, c.cfg.Receive[i].Comment, func(cfg *connector.Config) *string {
			if i >= len(cfg.Receive) || cfg.Receive[i].Name != c.cfg.Receive[i].Name {
				return nil
			}
			return &cfg.Receive[i].Comment
		})...)
	}
	for i := range c.cfg.Send {
		path := source.Element("Send", i, c.cfg.Send[i].Name)
		all = append(all, inComment(path, c.cfg.Send[i].Comment, func(cfg *connector.Config) *string {
			if i >= len(cfg.Send) || cfg.Send[i].Name != c.cfg.Send[i].Name {
				return nil
			}
			return &cfg.Send[i].Comment
		})...)
	}
	for i, a := range c.cfg.Acknowledged {
		all = append(all, acknowledgement{a, source.Path("Acknowledged").Index(i), func(cfg *connector.Config) bool {
			return dropLast(&cfg.Acknowledged, a)
		}})
	}
	found := len(c.found) // findings about acknowledgements can't be acknowledged
	byCode := map[source.Code][]int{}
	for i := range c.found {
		byCode[c.found[i].Code] = append(byCode[c.found[i].Code], i)
	}
	for _, a := range all {
		c.applyAcknowledgement(a, byCode[a.Code], c.found[:found:found])
	}
}

// inComment returns the acknowledgements in a connector's Comment.
func inComment(path source.Path, comment string, of func(*connector.Config) *string) []acknowledgement {
	var all []acknowledgement
	for _, a := range commentAcknowledgements(string(path), comment) {
		all = append(all, acknowledgement{a, path + ".Comment", func(cfg *connector.Config) bool {
			text := of(cfg)
			if text == nil {
				return false
			}
			var kept []string
			for line := range strings.Lines(*text) {
				if !slices.Contains(commentAcknowledgements(string(path), line), a) {
					kept = append(kept, line)
				}
			}
			was := *text
			*text = strings.TrimRight(strings.Join(kept, ""), "\r\n")
			return *text != was
		}})
	}
	return all
}

// applyAcknowledgement marks the findings that one acknowledgement names. places are
// the indexes in found of the findings with its code.
func (c *checker) applyAcknowledgement(a acknowledgement, places []int, found []Finding) {
	f := Finding{Diagnostic: source.Diagnostic{Severity: source.SeverityWarning, Path: a.place}}
	if strings.TrimSpace(a.Reason) == "" {
		f.Code, f.Detail = CodeAcknowledgedNoReason, fmt.Sprintf("the acknowledgement of %s has no reason, so it doesn't count", a.Code)
		f.Fix = `add a reason, as in "Acknowledged ` + string(a.Code) + `: the scanners' network"`
		c.report(f)
		return
	}
	some := false
	for _, i := range places {
		if a.Place != "" && found[i].Path.Within(source.Path(a.Place)) {
			found[i].Acknowledged = a.Reason
			some = true
		}
	}
	if some {
		return
	}
	f.Code, f.Fix, f.edit = CodeAcknowledgedNothing, "remove it, or correct code and place", a.edit
	f.Detail = fmt.Sprintf("%s is acknowledged, but there is no such finding at %s", a.Code, a.Place)
	if !slices.Contains(FindingCodes(), a.Code) {
		f.Detail = fmt.Sprintf("%q is acknowledged, but there is no such code", a.Code)
	}
	c.report(f)
}
