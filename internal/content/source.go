package content

import "io"

// Source is a message that can be read again where it is. A *bytes.Reader and an *io.SectionReader are
// Sources.
type Source interface {
	io.ReadSeeker
	io.ReaderAt
	Size() int64
}

// SourceOf returns r if it is a Source of which nothing was read yet, otherwise nil.
func SourceOf(r io.Reader) Source {
	source, ok := r.(Source)
	if !ok {
		return nil
	}
	if at, err := source.Seek(0, io.SeekCurrent); err != nil || at != 0 {
		return nil
	}
	return source
}
