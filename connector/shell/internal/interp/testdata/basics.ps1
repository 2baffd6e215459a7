# values
$a = 1, 2, 3
$a.Count; "$a"; $a[0]; $a[-1]
$a += 4; "$($a.Length) items: $($a -join ',')"
$h = @{Name = 'x'; Size = 10MB}
$h.Name; $h['size']; $h.Keys -join ' '
"10MB is $(10MB) and $env:COMPUTERNAME is set, $env:NOSUCH isn't"
10MB / 1MB; 7 / 2; 7 % 4; 1..5 -join ''; 'a' * 3; '5' + 1; 5 + '1'
'ABC' -eq 'abc'; 'ABC' -ceq 'abc'; 'abc' -like 'A*'; 'abc' -clike 'A*'; 'abc' -match 'B(.)'; $Matches[1]
(1, 2, 3, 2) -eq 2; 'a', 'B' -contains 'b'; 'b' -in 'a', 'B'; -not $false; !1
'a.b.c' -split '\.'; 'x1y22' -replace '(\d+)', '<$1>'; '{0:N0} {1,-5}| {2:D3}' -f 1234567, 'ab', 7
if ($a.Count -gt 3) { 'more' } elseif ($a) { 'some' } else { 'none' }
foreach ($x in 1..3) { if ($x -eq 2) { 'two' } else { $x } }
$s = 'Hello'; $s.ToUpper(); $s.Substring(1, 3); $s.Replace('l', 'L'); $s.Length; $s.Contains('ell')
[int]'42' + 1; [string]5 + 1; [bool]'x'; ([string[]](1, 2)) -join '+'
[pscustomobject]@{A = 1; B = 'two' }
$null -eq $nothing
@($null).Count
$true -and $false; $true -or $false; $true -xor $true
(@{A = 1; B = 'two' }).GetEnumerator() | ForEach-Object { $_.Key + '=' + $_.Value }
"Name|Ports", "a|25;587" | ConvertFrom-Csv -Delimiter '|' | ForEach-Object { $_.Ports -split ';' }
"Name;Port", "a;25" | ConvertFrom-Csv | ForEach-Object { $_.Port }
