package archtest_test

import (
	"go/ast"
	"go/token"
	"slices"
	"testing"
)

// clocks are the functions of package time that read or wait for the clock.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"}

// TestSchedulerIsPure holds the scheduler of the queue to its arguments: it has no clock,
// no lock, no goroutine, no context, and does no I/O, so that its tests need none.
func TestSchedulerIsPure(t *testing.T) {
	banned := []string{"bufio", "bytes", "context", "io", "net", "os", "sync", "sync/atomic", "syscall", "crypto/rand", "math/rand/v2"}
	for _, p := range packages(t, "./relay/dispatch/internal/schedule") {
		for _, path := range p.Imports {
			if slices.Contains(banned, path) {
				t.Errorf("%s imports %s", p.rel(), path)
			}
		}
		fset := token.NewFileSet()
		for _, file := range parse(t, fset, p, p.GoFiles) {
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt:
					t.Errorf("%s: a goroutine", fset.Position(n.Pos()))
				case *ast.SelectorExpr:
					if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clocks, n.Sel.Name) {
						t.Errorf("%s: time.%s", fset.Position(n.Pos()), n.Sel.Name)
					}
				}
				return true
			})
		}
	}
}
