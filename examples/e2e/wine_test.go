//go:build linux

package e2e

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/interchange-smtp/interchange/examples/internal/exampletest"
	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// TestWindows runs the gateway that is built for Windows, as a service of Wine: it keeps a
// queue in a directory that others can't use, answers operators, reloads by command and
// stops. The addresses are those of loopback.
func TestWindows(t *testing.T) {
	w := newWine(t)
	t.Parallel() // the other tests that run beside it use no port of this system
	port, hop := exampletest.Free(t), exampletest.Free(t)
	policy := fmt.Sprintf(`{
		"Receive": [{"Name": "Relay", "Bindings": [%q], "Fqdn": "mail.fabrikam.com", "RemoteIPRanges": ["127.0.0.0/8"],
			"PermissionGroups": "AnonymousUsers", "AuthMechanism": "Tls"}],
		"Accepted": [{"Name": "a", "DomainName": "fabrikam.com"}],
		"Send": [{"Name": "Out", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["mailbox.fabrikam.com"]}]}`, port)
	w.write(t, "policy.json", policy)
	w.says(t, 0, "0 findings", w.gateway, "check", w.path("policy.json"))

	flags := []string{"serve", w.path("policy.json"), "-data", w.path("data"), "-log", w.path("log.txt"), "-connect-to", "mailbox.fabrikam.com:25:" + hop}
	w.says(t, 0, "", "sc", "create", "gateway", "binPath=", w.gateway+" "+strings.Join(flags, " "), "start=", "demand")
	w.start(t, 1)
	if err := smtp.SendMail(port, nil, "ann@example.com", []string{"bob@fabrikam.com"}, []byte("Subject: hello\r\n\r\nHello.\r\n")); err != nil {
		t.Fatalf("%v\n%s", err, w.log(t))
	}
	w.says(t, 0, "<bob@fabrikam.com>  waiting", w.gateway, "queue", "list", "-data", w.path("data"))

	w.write(t, "policy.json", strings.Replace(policy, "Bindings", "Bnidings", 1))
	w.says(t, 2, "Bnidings", w.gateway, "reload", "-data", w.path("data"))
	w.write(t, "policy.json", policy)
	w.says(t, 0, "reloaded", w.gateway, "reload", "-data", w.path("data"))

	// The queue outlives the service.
	w.stop(t)
	w.says(t, 0, "no gateway is running", w.gateway, "queue", "list", "-data", w.path("data"))
	mailboxes := new(relaytest.Sink)
	listener, err := net.Listen("tcp", hop)
	if err != nil {
		t.Fatal(err)
	}
	go mailboxes.Serve(listener)
	defer mailboxes.Close()
	w.start(t, 2)
	if got, err := mailboxes.Wait(t.Context(), 1); err != nil || !bytes.HasSuffix(got[0].Data, []byte("\r\n\r\nHello.\r\n")) {
		t.Errorf("the next hop has %v, %v\n%s", got, err, w.log(t))
	}
	w.stop(t)
	if log := w.log(t); !strings.Contains(log, `msg="reload by operator"`) || !strings.Contains(log, "msg=delivered") {
		t.Errorf("the log is\n%s", log)
	}

	if err := os.Chmod(filepath.Join(w.dir, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.says(t, 1, "its access list allows Everyone", append([]string{w.gateway}, "serve", w.path("policy.json"), "-data", w.path("data"))...)
}

// wine is a Windows machine.
type wine struct {
	dir     string // where its files are
	gateway string // the path of the gateway there
	env     []string
}

// newWine returns a new Windows machine with the gateway. The test is skipped where Wine is
// not installed.
func newWine(t *testing.T) *wine {
	t.Helper()
	if os.Getenv("INTERCHANGE_E2E") == "" {
		t.Skip("INTERCHANGE_E2E is not set")
	}
	if _, err := exec.LookPath("wine"); err != nil {
		t.Skip("Wine is not installed")
	}
	w := &wine{dir: t.TempDir()}
	w.gateway = w.path("gateway.exe")
	// With these flags .ci/run has compiled all of it before, so that only the program is linked here.
	build := exec.Command("go", "build", "-gcflags=all=-N -l -dwarf=false", "-ldflags=-w", "-o", filepath.Join(w.dir, "gateway.exe"), "../gateway")
	build.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	run(t, build)
	prefix := filepath.Join(w.dir, "wine")
	w.env = append(os.Environ(), "WINEPREFIX="+prefix, "WINEARCH=win64", "WINEDEBUG=-all", "DISPLAY=")
	server := func(flag string) {
		cmd := exec.Command("wineserver", flag)
		cmd.Env = w.env
		_ = cmd.Run() // it fails if the server has ended
	}
	t.Cleanup(func() { server("-k"); server("-w") })
	w.says(t, 0, "", "wineboot", "-i")
	server("-w")
	// Wine ends its services when no other program runs.
	session := exec.CommandContext(t.Context(), "wine", "cmd")
	session.Env = w.env
	if _, err := session.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := session.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Wait() }) // the context has ended it
	system := filepath.Join(prefix, "drive_c", "windows", "system32")
	if library := filepath.Join(system, "bcryptprimitives.dll"); !exists(library) {
		if err := os.WriteFile(library, randomLibrary(t), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// path returns the path of a file as Windows has it.
func (w *wine) path(name string) string {
	return "Z:" + strings.ReplaceAll(filepath.Join(w.dir, name), "/", `\`)
}

// write writes a file.
func (w *wine) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// start starts the service for the nth time, and returns when it is ready.
func (w *wine) start(t *testing.T, nth int) {
	t.Helper()
	w.says(t, 0, "started successfully", "net", "start", "gateway")
	deadline := time.Now().Add(time.Minute)
	for strings.Count(w.log(t), "gateway: ready") < nth { // "net start" doesn't wait for that
		if time.Now().After(deadline) {
			t.Fatalf("the service is not ready:\n%s", w.log(t))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// stop stops the service, and returns when it has ended.
func (w *wine) stop(t *testing.T) {
	t.Helper()
	w.says(t, 0, "stopped successfully", "net", "stop", "gateway")
	deadline := time.Now().Add(time.Minute)
	for !strings.Contains(w.run(t, 0, "sc", "query", "gateway"), "STOPPED") { // "net stop" doesn't wait for that
		if time.Now().After(deadline) {
			t.Fatalf("the service doesn't stop:\n%s", w.log(t))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// log returns the log of the service.
func (w *wine) log(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, "log.txt"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	return string(text)
}

// says runs a command, which must print text and exit with code.
func (w *wine) says(t *testing.T, code int, text string, command ...string) {
	t.Helper()
	if out := w.run(t, code, command...); !strings.Contains(out, text) {
		t.Fatalf("%v: want %q:\n%s", command, text, out)
	}
}

// run runs a command, which must exit with code, and returns what it prints.
func (w *wine) run(t *testing.T, code int, command ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "wine", command...)
	cmd.Env = w.env
	// Not a pipe: it would stay open as long as Wine's services run.
	output := filepath.Join(w.dir, "output")
	file, err := os.Create(output)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = file, file
	runErr := cmd.Run()
	file.Close()
	out, err := os.ReadFile(output)
	if cmd.ProcessState == nil || err != nil {
		t.Fatalf("%v: %v, %v", command, runErr, err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("%v: exit %d, want %d:\n%s", command, got, code, out)
	}
	return string(out)
}

// exists reports whether there is a file.
func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// randomLibrary returns bcryptprimitives.dll, which Go programs need and Wine has since
// version 9. Its only function, ProcessPrng, is RtlGenRandom of another library.
func randomLibrary(t *testing.T) []byte {
	t.Helper()
	const address, alignment = 0x1000, 0x200
	names := []string{"bcryptprimitives.dll\x00", "ProcessPrng\x00", "advapi32.SystemFunction036\x00"}
	const tables = 40 + 4 + 4 + 2 // the directory, and its lists of one element each
	library, function := uint32(address+tables), uint32(address+tables+len(names[0]))
	text := strings.Join(names, "")
	size := uint32(tables + len(text))

	optional := pe.OptionalHeader64{
		Magic: 0x20b, SizeOfInitializedData: alignment, BaseOfCode: address, ImageBase: 0x180000000, SectionAlignment: address, FileAlignment: alignment,
		MajorOperatingSystemVersion: 6, MajorSubsystemVersion: 6, SizeOfImage: 2 * address, SizeOfHeaders: alignment, Subsystem: pe.IMAGE_SUBSYSTEM_WINDOWS_GUI,
		DllCharacteristics: pe.IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE | pe.IMAGE_DLLCHARACTERISTICS_NX_COMPAT, NumberOfRvaAndSizes: 16,
	}
	optional.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_EXPORT] = pe.DataDirectory{VirtualAddress: address, Size: size}
	section := pe.SectionHeader32{
		Name: [8]uint8{'.', 'r', 'd', 'a', 't', 'a'}, VirtualSize: size, VirtualAddress: address, SizeOfRawData: alignment, PointerToRawData: alignment,
		Characteristics: pe.IMAGE_SCN_CNT_INITIALIZED_DATA | pe.IMAGE_SCN_MEM_READ,
	}
	var b bytes.Buffer
	put := func(parts ...any) {
		for _, part := range parts {
			if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
				t.Fatal(err)
			}
		}
	}
	put([]byte("MZ"), make([]byte, 58), uint32(64), []byte("PE\x00\x00"), pe.FileHeader{
		Machine: pe.IMAGE_FILE_MACHINE_AMD64, NumberOfSections: 1, SizeOfOptionalHeader: 240,
		Characteristics: pe.IMAGE_FILE_EXECUTABLE_IMAGE | pe.IMAGE_FILE_LARGE_ADDRESS_AWARE | pe.IMAGE_FILE_DLL,
	}, optional, section)
	b.Write(make([]byte, alignment-b.Len()))
	put([12]byte{}, library, uint32(1), uint32(1), uint32(1), uint32(address+40), uint32(address+44), uint32(address+48))
	put(function+uint32(len(names[1])), function, uint16(0), []byte(text))
	b.Write(make([]byte, 2*alignment-b.Len()))
	return b.Bytes()
}
