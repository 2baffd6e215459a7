package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNamesakes: connectors of several servers may have one name, and the diagnostics of
// this server's connector name the lines of that connector.
func TestNamesakes(t *testing.T) {
	t.Chdir(t.TempDir())
	forms := map[string]string{
		"servers.json": `{"Servers": [{"Name": "HUBA"}, {"Name": "HUBB"}]}`,
		"script.ps1": "Get-ReceiveConnector | Remove-ReceiveConnector -Confirm:$false\n" +
			"New-ReceiveConnector Relay -Server HUBA -Usage Custom -Bindings 0.0.0.0:25 `\n -RemoteIPRanges 10.1.0.1 -PermissionGroups AnonymousUsers\n" +
			"New-ReceiveConnector Relay -Server HUBB -Usage Custom -Bindings 0.0.0.0:25 `\n -RemoteIPRanges 10.2.0.1 -PermissionGroups AnonymousUsers\n",
		"list.txt": "Identity         : HUBA\\Relay\nBindings         : {0.0.0.0:25}\nRemoteIPRanges   : {10.1.0.1}\nPermissionGroups : AnonymousUsers\n\n" +
			"Identity         : HUBB\\Relay\nBindings         : {0.0.0.0:25}\nRemoteIPRanges   : {10.2.0.1}\nPermissionGroups : AnonymousUsers\n",
		"policy.json": `{"Servers": [{"Name": "HUBA"}, {"Name": "HUBB"}], "Receive": [
			{"Name": "Relay", "Server": "HUBA", "Bindings": ["0.0.0.0:25"],
			 "RemoteIPRanges": ["10.1.0.1"], "PermissionGroups": "AnonymousUsers"},
			{"Name": "Relay", "Server": "HUBB", "Bindings": ["0.0.0.0:25"],
			 "RemoteIPRanges": ["10.2.0.1"], "PermissionGroups": "AnonymousUsers"}]}`,
	}
	for name, text := range forms {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		files        []string
		lineA, lineB int
	}{
		{[]string{"servers.json", "script.ps1"}, 3, 5},
		{[]string{"list.txt"}, 3, 8},
		{[]string{"policy.json"}, 3, 5},
	} {
		for server, at := range map[string]struct {
			client string
			line   int
		}{"HUBA": {"10.1.0.1", tt.lineA}, "HUBB": {"10.2.0.1", tt.lineB}} {
			var out bytes.Buffer
			args := append([]string{"explain"}, tt.files...)
			run(append(args, "-server", server, "-remote", at.client, "-local", "10.0.0.1:25", "-from", "a@example.net", "-to", "b@example.net"), strings.NewReader(""), &out, &out)
			file := tt.files[len(tt.files)-1]
			if want := fmt.Sprintf("RemoteIPRanges[0] = %s (%s:%d)", at.client, filepath.Base(file), at.line); !strings.Contains(out.String(), want) {
				t.Errorf("%s of %s: want %s in\n%s", file, server, want, &out)
			}
		}
	}

	// The same connector twice is a mistake, told with the place of the second.
	var out bytes.Buffer
	if code := run([]string{"check", "list.txt", "list.txt", "-server", "HUBA"}, strings.NewReader(""), &out, &out); code != exitInvalid ||
		!strings.Contains(out.String(), `list.txt:1: Receive[2].Name: "Relay" is the name of Receive[0] already`) {
		t.Errorf("exit %d\n%s", code, &out)
	}
}
