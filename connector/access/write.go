package access

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
)

// WriteCSV writes a line for each cell, under the head principal,connector,right,allowed,why. The column
// allowed has yes or no. The Others of a row get no lines: ask for Each. A text that a spreadsheet would
// take for a formula gets an apostrophe before it.
func WriteCSV(w io.Writer, rows []Row) error {
	out := csv.NewWriter(w)
	out.Write([]string{"principal", "connector", "right", "allowed", "why"})
	for _, r := range rows {
		for _, c := range r.Cells {
			allowed := "no"
			if c.Verdict == Allowed {
				allowed = "yes"
			}
			out.Write([]string{plain(r.Principal.Name()), plain(r.Connector), c.Right.String(), allowed, plain(r.Why(c))})
		}
	}
	out.Flush()
	return out.Error()
}

// plain returns s so that a spreadsheet takes it for text.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// WriteText writes the rows for people: the rights with the same verdict for the same reasons on a line, and
// the reasons below it.
func WriteText(w io.Writer, rows []Row) error {
	var b strings.Builder
	for i, r := range rows {
		if i == 0 || r.Connector != rows[i-1].Connector {
			if i > 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "%s%s\n", r.Connector, andOthers(len(r.Others)))
		}
		fmt.Fprintf(&b, "  %s\n", r.Principal.Name())
		r.write(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// write writes the cells of r.
func (r Row) write(w io.Writer) {
	if r.NoSession != "" {
		fmt.Fprintf(w, "    no session: %s\n", r.NoSession)
		r.NoSession = "" // said for all cells
	}
	type reasons struct {
		verdict Verdict
		why     string
	}
	rights := map[reasons][]string{}
	var seen []reasons
	for _, c := range r.Cells {
		of := reasons{c.Verdict, r.Why(c)}
		if rights[of] == nil {
			seen = append(seen, of)
		}
		rights[of] = append(rights[of], c.Right.String())
	}
	for _, of := range seen {
		fmt.Fprintf(w, "    %-8s %s\n%13s%s\n", of.verdict, strings.Join(rights[of], ", "), "", of.why)
	}
}

func andOthers(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ", and 1 connector with the same access"
	}
	return fmt.Sprintf(", and %d connectors with the same access", n)
}
