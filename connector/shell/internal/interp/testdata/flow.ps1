New-Thing a | Out-Null
# loops
$i = 0
while ($i -lt 10) { $i++; if ($i -eq 2) { continue }; if ($i -gt 4) { break }; "while $i" }
do { $i--; "do $i" } while ($i -gt 3)
do { $i++ } until ($i -ge 7)
"until $i"
for ($j = 0; $j -lt 3; $j++) { "for $j" }
for (; $j -gt 1;) { $j--; "down $j" }
for (
  $k = 0
  $k -lt 2
  $k++
) { "lines $k" }
:outer foreach ($a in 1..3) { foreach ($b in 1..3) { if ($b -eq 2) { continue outer }; if ($a -eq 3) { break outer }; "$a$b" } }
$list = foreach ($n in 1..9) { if ($n % 2) { continue }; $n }
"list: $list"
foreach ($n in 1..3) { 1..3 | ForEach-Object { if ($_ -eq 2) { break }; "inner $n$_" } }
1..4 | ForEach-Object { if ($_ -eq 2) { return }; "each $_" }
1..3 | ForEach-Object { 'begin' } { "process $_" } { 'end' }
1..9 | ForEach-Object { $_ } | Select-Object -First 2

# switch
function Size($n) { switch ($n) { 1 { 'one' } 2 { 'two'; break } { $_ -gt 1 } { 'many' } default { 'none' } } }
Size 1; Size 2; Size 3; Size 0
switch -Wildcard ('Relay', 'Default', 'X') { 'r*' { "$_ relays" } '*a*' { "$_ has an a" } default { "$_ is else" } }
switch -Regex ('10.0.0.7') { '^10\.(?<rest>.*)$' { "private $($Matches.rest)" } }
switch -CaseSensitive ('A') { 'a' { 'small' } 'A' { 'large' } }
switch ((Get-Thing).Name) { a { 'none is there' } }
$kind = switch (5) { 5 { 'five' } }
$kind
switch (1, 2, 3) { 1 { continue } 2 { 'second'; break } 3 { 'never' } }

# try
try { Get-Thing nosuch; 'not reached' } catch { "caught $_ in line $($_.InvocationInfo.ScriptLineNumber)" } finally { 'finally' }
try { Get-Thing nosuch -ErrorAction SilentlyContinue; 'goes on' } catch { 'never' }
try { throw 'a text' } catch { $_.Exception.Message }
try { try { throw 'inner' } catch { throw } } catch { "again $_" }
try { try { No-Such } finally { 'cleaned' } } catch { 'unknown' }
try { (Get-Thing).Nmae } catch [System.Exception] { 'wrong value' }
function Fails { Get-Thing nosuch; 'not reached' }
try { Fails } catch { 'caught outside' }
$v = try { 5 } catch { 6 }
"v $v"
function Tries { try { 1; 2 } catch { 'never' } }
Tries | ForEach-Object { $_; Get-Thing nosuch }
foreach ($x in 1..3) { try { if ($x -eq 2) { continue }; "x $x" } finally { "done $x" } }
"errors: $($Error.Count)"
break
