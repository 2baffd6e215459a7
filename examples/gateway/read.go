package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/shell/export"
	"github.com/interchange-smtp/interchange/permission"
)

// policyReader reads the files of a policy one after the other. What was read is
// in cfg until the first script, and in the interpreter from then on.
type policyReader struct {
	*loaded
	flags   *policyFlags
	opts    shell.Options
	files   *scriptFiles
	cfg     connector.Config
	in      *shell.Interpreter
	exports []*export.Export  // that wait to be merged: permissions and connectors may be in different files
	bad     findings          // what leaves nothing to go on with
	drafts  jsonconfig.Errors // mistakes in JSON of which the rest was read
}

// read reads the configuration from its files, and what is wrong with those
// whose rest could be read. The error is about a file that can't be read at all.
func (p *policyFlags) read(c *cli) (*loaded, connector.Config, jsonconfig.Errors, error) {
	r, err := p.newReader(c)
	if err != nil {
		return nil, connector.Config{}, nil, err
	}
	if len(p.files) == 0 {
		cfg := demonstration()
		r.choose(&cfg)
		return r.loaded, cfg, nil, nil
	}
	for _, file := range p.files {
		if err := r.file(file); err != nil {
			return nil, r.cfg, nil, err
		}
	}
	if err := r.finish(); err != nil {
		return nil, r.cfg, nil, err
	}
	return r.loaded, r.cfg, r.drafts, nil
}

// newReader checks the flags and returns a reader that has read nothing.
func (p *policyFlags) newReader(c *cli) (*policyReader, error) {
	r := &policyReader{loaded: &loaded{files: p.files, origins: map[string]shell.Position{}}, flags: p, files: &scriptFiles{}}
	credentials, err := c.newCredentials(p.credentials)
	if err != nil {
		return nil, err
	}
	r.opts = shell.Options{Server: serverNamed(p.server), Credential: credentials.answer, Env: p.env, FS: r.files, Warn: r.warn,
		Answer: credentials.reply, Ask: credentials.param, Now: time.Now}
	if r.opts.Certificates, err = shownCertificate(p.cert); err != nil && p.key == "" {
		return nil, err
	}
	if p.profile != "" {
		if r.opts.Profile, err = permission.ParseProfile(p.profile); err != nil {
			return nil, fmt.Errorf("-profile: %w", err)
		}
	}
	return r, nil
}

// env answers $env:NAME. Scripts run on the server that we are.
func (p *policyFlags) env(name string) (string, bool) {
	if p.server != "" && strings.EqualFold(name, "COMPUTERNAME") {
		return serverNamed(p.server).Name, true
	}
	return lookupEnv(name)
}

// warn keeps what a script is warned of.
func (r *policyReader) warn(at shell.Position, text string) {
	r.notes = append(r.notes, finding{File: at.File, Line: at.Line, Column: at.Col, Code: "script", Detail: text})
}

// choose lets the flags have the last word.
func (r *policyReader) choose(cfg *connector.Config) {
	if r.flags.server != "" {
		cfg.Server = r.flags.server
	}
	if r.flags.profile != "" {
		cfg.Profile = r.opts.Profile
	}
}

// file reads one file. Mistakes in it go to bad; the error is another.
func (r *policyReader) file(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	switch {
	case shell.IsScript(name):
		return r.script(name, data)
	case isExport(name, data):
		r.export(name, data)
		return nil
	}
	if err := r.flush(); err != nil {
		return err
	}
	return r.document(name, data)
}

// script runs commands, unless something was wrong before: they would stumble
// over what is missing.
func (r *policyReader) script(name string, data []byte) error {
	if err := r.flush(); err != nil || len(r.bad)+len(r.drafts) > 0 {
		return err
	}
	if err := r.start(); err != nil {
		return err
	}
	r.files.dir = filepath.Dir(name)
	r.scriptErrors(r.in.Run(context.Background(), name, data))
	return nil
}

// start makes the organisation that scripts work on: a fresh one, or what was
// read so far.
func (r *policyReader) start() error {
	if r.in != nil {
		return nil
	}
	if len(r.documents) == 0 && len(r.origins) == 0 {
		r.in = shell.New(r.opts)
		return nil
	}
	r.choose(&r.cfg)
	var err error
	r.in, err = organisation(r.cfg, r.opts)
	return err
}

// scriptErrors makes findings of what a script returned.
func (r *policyReader) scriptErrors(err error) {
	var list shell.Errors
	if !errors.As(err, &list) {
		return
	}
	for _, e := range list {
		supported := e.Supported
		if supported == "" && r.flags.server == "" && strings.Contains(e.Message, "this server is ") {
			supported = "-server NAME says which server this is"
		}
		r.bad = append(r.bad, finding{
			File: e.Position.File, Line: e.Position.Line, Column: e.Position.Col, Code: "script", Detail: e.Message,
			Excerpt: e.Excerpt, Supported: supported,
		})
	}
}

// document reads JSON of ours.
func (r *policyReader) document(name string, data []byte) error {
	doc, mistakes := jsonconfig.Draft(name, data)
	if doc == nil { // nobody knows what other files would refer to
		r.bad = append(r.bad, misread(mistakes)...)
		return nil
	}
	r.drafts = append(r.drafts, mistakes...)
	r.documents = append(r.documents, doc)
	if r.in != nil {
		return r.in.Merge(doc.Config, nil)
	}
	connector.Merge(&r.cfg, doc.Config)
	return nil
}

// export reads what Exchange exported.
func (r *policyReader) export(name string, data []byte) {
	e, err := export.Read(name, data)
	r.exportErrors(err)
	if err == nil {
		r.exports = append(r.exports, e)
	}
}

func (r *policyReader) exportErrors(err error) {
	var list export.Errors
	if errors.As(err, &list) {
		r.bad = append(r.bad, noticed(list)...)
	}
}

func noticed(list []export.Notice) findings {
	found := make(findings, len(list))
	for i, n := range list {
		path := n.Object
		if n.Property != "" {
			path = strings.TrimPrefix(path+"."+n.Property, ".")
		}
		found[i] = finding{File: n.File, Line: n.Line, Path: path, Code: "export", Detail: n.Detail, note: n.Note}
	}
	return found
}

// flush merges the exports that were read.
func (r *policyReader) flush() error {
	if len(r.exports) == 0 {
		return nil
	}
	exports := r.exports
	r.exports = nil
	// Permissions may be for connectors that are there already, so the whole is
	// merged and taken over by the next script.
	r.leave()
	r.choose(&r.cfg)
	places := export.Origins{}
	warnings, err := export.Merge(&r.cfg, places, exports...)
	if err != nil {
		r.exportErrors(err)
		return nil
	}
	for path, at := range places {
		r.origins[path] = shell.Position{File: at.File, Line: at.Line}
	}
	r.notes = append(r.notes, noticed(warnings)...)
	return nil
}

// leave takes what scripts made out of the interpreter and lets go of that: it may
// be large.
func (r *policyReader) leave() {
	if r.in == nil {
		return
	}
	r.cfg = r.in.Config()
	if origins := r.in.Origins(); len(r.origins) == 0 {
		r.origins = origins
	} else {
		maps.Copy(r.origins, origins)
	}
	r.in = nil
}

// finish returns all mistakes, or leaves the whole in cfg.
func (r *policyReader) finish() error {
	if err := r.flush(); err != nil {
		return err
	}
	if len(r.bad) > 0 {
		return append(misread(r.drafts), r.bad...)
	}
	r.leave()
	r.choose(&r.cfg)
	return nil
}

// isExport tells what Exchange's shell wrote from a policy of ours, by the
// extension, and of JSON by what is in it.
func isExport(name string, data []byte) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xml", ".csv", ".txt":
		return true
	case ".json":
		return export.Detect("", data) != export.Unknown
	}
	return false
}
