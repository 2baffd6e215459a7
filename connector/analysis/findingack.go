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
	place   source.Path
	comment bool // it is in a Comment
	edit    func(*connector.Config) bool
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
		all = append(all, acknowledgement{a, source.Path("Acknowledged").Index(i), false, func(cfg *connector.Config) bool {
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
		all = append(all, acknowledgement{a, path + ".Comment", true, func(cfg *connector.Config) bool {
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
		if a.Place == "" || !found[i].Path.Within(source.Path(a.Place)) {
			continue
		}
		some = true
		if why := c.refuseAcknowledgement(a, &found[i]); why != nil {
			c.report(*why)
			continue
		}
		found[i].Acknowledged = a.Reason
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

// refuseAcknowledgement returns the finding that an acknowledgement doesn't hold for f; nil if it does.
func (c *checker) refuseAcknowledgement(a acknowledgement, f *Finding) *Finding {
	why := Finding{Diagnostic: source.Diagnostic{Severity: source.SeverityWarning, Path: a.place}}
	extent := f.Extent()
	switch {
	case f.Severity == source.SeverityError && (a.comment || c.opts.MayAcknowledgeErrors != nil && !c.opts.MayAcknowledgeErrors(a.place)):
		why.Code = CodeAcknowledgedError
		why.Detail = fmt.Sprintf("%s is an error, which can't be acknowledged beside the connectors", a.Code)
		why.Fix = "if it is intended, have it acknowledged in a JSON file that has only Acknowledged, which somebody else reviews: " + inFile(a, f.Path, extent)
	case f.within(a.Extent):
		return nil
	case a.Extent == "":
		why.Code = CodeAcknowledgedExtent
		why.Detail = fmt.Sprintf("the acknowledgement of %s doesn't name what was seen, so it doesn't count", a.Code)
		why.Fix = fmt.Sprintf("name it, as in %s", extended(a, f.Path, extent))
	default:
		why.Code = CodeAcknowledgedExtent
		why.Detail = fmt.Sprintf("the acknowledgement of %s is for %s, and the finding is now about %s", a.Code, a.Extent, extent)
		why.Fix = fmt.Sprintf("take back what was added, or acknowledge it: %s", extended(a, f.Path, extent))
	}
	return &why
}

// extended returns the acknowledgement with an extent, in the form that it has.
func extended(a acknowledgement, place source.Path, extent string) string {
	if a.comment {
		return fmt.Sprintf("Acknowledged %s %s: %s", a.Code, extent, a.Reason)
	}
	return inFile(a, place, extent)
}

// inFile returns an acknowledgement as an element of Acknowledged.
func inFile(a acknowledgement, place source.Path, extent string) string {
	text := fmt.Sprintf(`{"Code": %q, "Place": %q`, a.Code, place)
	if extent != "" {
		text += fmt.Sprintf(`, "Extent": %q`, extent)
	}
	return text + fmt.Sprintf(`, "Reason": %q}`, a.Reason)
}
