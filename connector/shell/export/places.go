package export

import (
	"fmt"
	"strings"

	"github.com/interchange-smtp/interchange/connector"
)

// pathSet makes the paths of elements: by name, but by index if an element before has
// the name.
type pathSet map[string]bool

func (s pathSet) path(list string, i int, name string) string {
	path := fmt.Sprintf("%s[%q]", list, name)
	if s[path] {
		return fmt.Sprintf("%s[%d]", list, i)
	}
	s[path] = true
	return path
}

// elementPaths are the paths of the elements of a Config's lists to which exports add,
// as problems have them.
func elementPaths(cfg *connector.Config) map[string][]string {
	paths := map[string][]string{"Receive": cfg.ReceivePaths()}
	seen := pathSet{}
	for i, s := range cfg.Send {
		paths["Send"] = append(paths["Send"], seen.path("Send", i, s.Name))
	}
	for i, a := range cfg.Accepted {
		paths["Accepted"] = append(paths["Accepted"], seen.path("Accepted", i, a.Name))
	}
	return paths
}

// locate enters the places of an export, whose elements follow those that were there
// before.
func (m *merger) locate(e *Export, before map[string]int) {
	moved := map[string]string{}
	for list, paths := range e.paths {
		if m.paths[list] == nil {
			continue // Services and Remote go by name alone
		}
		for i, path := range paths {
			moved[path] = m.paths[list][before[list]+i]
		}
	}
	for path, at := range e.Origins {
		element, rest := cutElement(path)
		if to, ok := moved[element]; ok {
			path = to + rest
		}
		m.origins[path] = at
	}
}

// cutElement cuts Receive["a"].Bindings[0] behind the first bracket. A bracket within
// the quoted name is none.
func cutElement(path string) (element, rest string) {
	open := strings.IndexByte(path, '[')
	quoted := false
	for i := open + 1; open >= 0 && i < len(path); i++ {
		switch {
		case quoted && path[i] == '\\':
			i++
		case path[i] == '"':
			quoted = !quoted
		case !quoted && path[i] == ']':
			return path[:i+1], path[i+1:]
		}
	}
	return path, ""
}
