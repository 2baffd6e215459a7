package browsertest

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "replace the pictures in docs/console by those of the pages as they are")

const (
	references = "../../docs/console" // the pictures that the documentation shows, from here
	colours    = 32                   // of a picture that is kept
	tolerance  = 32                   // between the values of a channel, of 256: more than the colours that are left out
	maxPicture = 60_000               // bytes
	tallest    = 1100                 // rows of pixels that are kept; below them pages have details

	// maxDifferent is the part of a picture that may differ. Another version of Chromium draws the edges of letters
	// differently, and a changed word is no accident; together they are less than one pixel in a hundred. When
	// things move or change their colour, several in a hundred differ, because text covers about five.
	maxDifferent = 0.01
)

// Compare fails the test if a page doesn't look as in the documentation. With -update it replaces the picture there.
func (p *page) Compare(name string) { p.t.Helper(); p.compare(name, p.Screenshot(name)) }

// CompareDetail is Compare for the first element that a selector finds, in a window of a width.
func (p *page) CompareDetail(name, selector string, width int64) {
	p.t.Helper()
	p.compare(name, p.Detail(name, selector, width))
}

func (p *page) compare(name string, picture []byte) {
	p.t.Helper()
	taken, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		p.t.Fatal(err)
	}
	file := filepath.Join(source, references, name+".png")
	now := reduce(taken)
	if *update {
		data := encode(p.t, now)
		if len(data) > maxPicture {
			p.t.Errorf("%s has %d bytes, at most %d are kept: show less on the page", file, len(data), maxPicture)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			p.t.Fatal(err)
		}
		return
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		p.t.Errorf("the documentation has no picture of %s; -update makes it", name)
		return
	}
	before, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		p.t.Fatal(err)
	}
	part, marked := difference(before, now)
	if part > maxDifferent {
		p.keep(name+"-difference.png", encode(p.t, marked))
		p.t.Errorf("%.1f %% of %s differ from %s, at most %.0f %% may: look at %s-difference.png in the directory INTERCHANGE_SCREENSHOTS; if the page is as it should be, run the test with -update",
			100*part, name, file, 100*maxDifferent, name)
	}
}

// encode returns the picture as a PNG file.
func encode(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// reduce returns the upper part of a picture with the most frequent colours only, so that its file is small.
func reduce(m image.Image) *image.Paletted {
	count := map[color.RGBA]int{}
	b := m.Bounds()
	b.Max.Y = min(b.Max.Y, tallest)
	pixels := pixelsOf(m)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			count[pixels.RGBAAt(x, y)]++
		}
	}
	frequent := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
	var palette color.Palette
	for _, c := range frequent[:min(colours, len(frequent))] {
		palette = append(palette, c)
	}
	nearest := make(map[color.RGBA]uint8, len(count))
	for c := range count {
		nearest[c] = uint8(palette.Index(c))
	}
	reduced := image.NewPaletted(b, palette)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			reduced.SetColorIndex(x, y, nearest[pixels.RGBAAt(x, y)])
		}
	}
	return reduced
}

// pixelsOf returns a picture whose pixels are at hand.
func pixelsOf(m image.Image) *image.RGBA {
	pixels := image.NewRGBA(m.Bounds())
	draw.Draw(pixels, pixels.Rect, m, pixels.Rect.Min, draw.Src)
	return pixels
}

// difference returns which part of the pixels differs, and a picture of them, in red. What only one of the two
// has differs.
func difference(a, b image.Image) (float64, image.Image) {
	all := a.Bounds().Union(b.Bounds())
	picture := image.NewRGBA(all)
	before, now := pixelsOf(a), pixelsOf(b)
	different := 0
	for y := all.Min.Y; y < all.Max.Y; y++ {
		for x := all.Min.X; x < all.Max.X; x++ {
			at := image.Pt(x, y)
			if c := now.RGBAAt(x, y); at.In(before.Rect) && at.In(now.Rect) && alike(before.RGBAAt(x, y), c) {
				picture.SetRGBA(x, y, color.RGBA{128 + c.R/2, 128 + c.G/2, 128 + c.B/2, 255})
			} else {
				different++
				picture.SetRGBA(x, y, color.RGBA{R: 255, A: 255})
			}
		}
	}
	return float64(different) / float64(all.Dx()*all.Dy()), picture
}

// alike says whether two colours are within the tolerance.
func alike(x, y color.RGBA) bool {
	for _, pair := range [][2]uint8{{x.R, y.R}, {x.G, y.G}, {x.B, y.B}} {
		if max(pair[0], pair[1])-min(pair[0], pair[1]) > tolerance {
			return false
		}
	}
	return true
}

// TestDifference: text that moves by a pixel row is noticed, a changed letter isn't, and neither are colours that are
// left out to save room.
func TestDifference(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	url := specimens(t)
	look := func(script string) image.Image {
		p.Open(url + "/")
		p.evaluate(script+";0", nil)
		m, err := png.Decode(bytes.NewReader(p.Screenshot("difference")))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	p.Size(640, 300)
	before := look("")
	if part, _ := difference(reduce(before), before); part > maxDifferent/2 {
		t.Errorf("%.2f %% of the picture differ from the most frequent colours", 100*part)
	}
	for script, notice := range map[string]bool{
		`document.querySelector("h1").textContent = "Specimem"`: false,
		`document.body.style.paddingTop = "4px"`:                true,
		`document.body.style.background = "#cdf"`:               true,
		`document.querySelector("form").remove()`:               true,
	} {
		if part, _ := difference(before, look(script)); part > maxDifferent != notice {
			t.Errorf("%s: %.2f %% differ", script, 100*part)
		}
	}
}
