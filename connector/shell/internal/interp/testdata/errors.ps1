New-Thing a | Out-Null
New-Thign b
New-Thing -Nmae b
New-Thing c -Enable $true
Set-Thing
Set-Thing nosuch -MaxSize 1MB
Set-Thing a -MaxSize huge
Show-Args one 2 three
Show-Args -Text
Get-Thing nosuch -ErrorAction SilentlyContinue
if (-not $?) { 'it is missing' }
Get-Thing nosuch 2>$null
Get-Thing nosuch -ea Ignore -ErrorVariable problem
"kept: $problem"
$typo
(Get-Thing a | select Nmae).Nmae
if ((Get-Thing a).Enabled) { No-Thing }
'x' | ConvertFrom-Csv -Delimiter '"'
'nosuch', 'a' | Get-Thing | % Name
'go on'
(Get-Thing a).Nmae
'not reached'
