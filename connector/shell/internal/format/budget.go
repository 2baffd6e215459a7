package format

import "cmp"

// Pay is called before a reader takes n more bytes of memory for what it finds. Its
// error ends the reading and is returned.
type Pay func(n int64) error

// maxMemory is the memory that a document may take if no Pay says otherwise.
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

// stopped is the panic that ends a reading, with the error that the reader returns.
type stopped struct{ err error }

// read decodes data and has parse read the text, until it is done or stops.
func (r Reader) read(name string, data []byte, parse func(d *Document, text string)) (d *Document, err error) {
	text, err := Decode(name, data)
	if err != nil {
		return nil, err
	}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case stopped:
			d, err = nil, p.err
		default:
			panic(p)
		}
	}()
	d = &Document{Name: name, pay: r.Pay, left: cmp.Or(r.most, maxMemory)}
	parse(d, text)
	return d, nil
}

// stop ends the reading because of a mistake in a line.
func (d *Document) stop(line int, format string, args ...any) {
	panic(stopped{fail(d.Name, line, format, args...)})
}

// take pays for n bytes of memory that the text of a line needs; it ends the reading
// if that is too much.
func (d *Document) take(n, line int) {
	if d.pay != nil {
		if err := d.pay(int64(n)); err != nil {
			panic(stopped{err})
		}
		return
	}
	if d.left -= int64(n); d.left < 0 {
		d.stop(line, "the file holds more than %d MB once it is read; split it", maxMemory>>20)
	}
}
