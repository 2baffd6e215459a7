package browsertest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// required says whether a missing program is a failure.
var required = os.Getenv("INTERCHANGE_E2E") == "1"

// rebound is a name that the tests' browser finds at 127.0.0.1, as after an attacker's name server has
// changed its answer. No other name exists there, so no test reaches another machine.
const rebound = "rebound.example"

// lacking skips a test because of what is missing here, or fails it.
func lacking(t *testing.T, format string, args ...any) {
	t.Helper()
	if required {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// chromium is the one browser of all tests. end ends it.
var (
	chromium = sync.OnceValues(start)
	end      = func() {}
)

// source is the directory of this package.
var source string

func TestMain(m *testing.M) {
	var err error
	if source, err = os.Getwd(); err != nil {
		panic(err)
	}
	flag.Parse()
	code := m.Run()
	end()
	os.Exit(code)
}

// start starts Chromium, with DejaVu as its only fonts.
func start() (context.Context, error) {
	dir, err := os.MkdirTemp("", "browsertest")
	if err != nil {
		return nil, err
	}
	fonts := filepath.Join(dir, "fonts.conf")
	if err := os.WriteFile(fonts, []byte(fontsConf), 0o600); err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("font-render-hinting", "none"), chromedp.Flag("disable-lcd-text", true), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("lang", "en-GB"),
		// No process is started in advance, and no page that was left is kept, for speed.
		chromedp.Flag("disable-features", "site-per-process,Translate,SpareRendererForSitePerProcess,BackForwardCache"),
		chromedp.Flag("host-resolver-rules", "MAP "+rebound+" 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
		chromedp.Env("FONTCONFIG_FILE="+fonts, "TZ=UTC", "LANGUAGE=en"),
	)
	allocator, free := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	end = func() {
		cancel()
		free()
		os.RemoveAll(dir)
	}
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("chromium doesn't start: %w", err)
	}
	return ctx, nil
}

// fontsConf makes DejaVu the look of every family.
const fontsConf = `<?xml version="1.0"?>
<fontconfig>
<dir>/usr/share/fonts/truetype/dejavu</dir>
<match target="pattern"><test name="family"><string>monospace</string></test><edit name="family" mode="prepend" binding="strong"><string>DejaVu Sans Mono</string></edit></match>
<match target="pattern"><edit name="family" mode="append_last"><string>DejaVu Sans</string></edit></match>
</fontconfig>
`

// browser returns the browser's context.
func browser(t *testing.T) context.Context {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		lacking(t, "install Debian's package chromium: %v", err)
	}
	if _, err := os.Stat("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"); err != nil {
		lacking(t, "install Debian's package fonts-dejavu-core: %v", err)
	}
	ctx, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}
