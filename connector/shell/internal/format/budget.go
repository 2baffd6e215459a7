package format

import "cmp"

// Pay is called before a reader takes n more bytes of memory for what it finds. Its
// error ends the reading and is returned.
type Pay func(n int64) error

// maxMemory is what a document may take if no Pay says otherwise.
const maxMemory = 512 << 20

// What the parts of a document take, about.
const (
	objectSize   = 360 // with its lines
	propertySize = 32
	elementSize  = 48 // of a list, with its line
	valueSize    = 16
	mapEntrySize = 120
)

// Reader reads documents. The zero Reader is ready for use.
type Reader struct {
	Pay       Pay  // nil: a document may take 512 MB
	Delimiter byte // of CSV, an ASCII character; 0: the one that the header has

	// Of CSV, as scripts read it: the names of the columns if no row has them, and
	// whether a cell without anything in it is "" instead of nil.
	Header     []string
	EmptyCells bool

	most int64 // instead of maxMemory, for tests
}

// document begins a document of that name.
func (r Reader) document(name string) *Document {
	return &Document{Name: name, pay: r.Pay, left: cmp.Or(r.most, maxMemory)}
}

// take pays for n bytes of memory that the text of a line needs.
func (d *Document) take(n, line int) error {
	if d.pay != nil {
		return d.pay(int64(n))
	}
	if d.left -= int64(n); d.left < 0 {
		return fail(d.Name, line, "the file holds more than %d MB once it is read; split it", maxMemory>>20)
	}
	return nil
}
