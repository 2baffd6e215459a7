'b', 'a', 'C' | ForEach-Object { New-Thing $_ -Ranges "10.0.0.$($_.Length)/24", 10.1.1.1 } | Out-Null
Get-Thing
Get-Thing | sort Name -Descending | select Name, Enabled
Get-Thing | where { $_.Name -like 'a*' } | fl Name, Max*
Get-Thing | where Name -eq c | ft Name, @{n = 'MB'; e = { $_.MaxSize.ToMB() } }
Get-Thing | ? { $_.MaxSize -ge 10MB -and $_.Limit -eq 'unlimited' -and $_.Auth -eq 'BasicAuth,Tls' } | % Name
(Get-Thing).Name -join ' '
(Get-Thing | measure).Count
Get-Thing | select -First 1 -ExpandProperty Ranges
Get-Thing | select -Last 1 | % { "$_" }
Get-Thing a | Set-Thing -MaxSize 25MB -Verbose
"$((Get-Thing a).MaxSize) $((Get-Thing a).MaxSize -gt 10MB)"
$t = Get-Thing b
$t.Ranges += '10.9.9.9'
Set-Thing b -Ranges $t.Ranges
(Get-Thing b).Ranges
Get-Thing | Remove-Thing -WhatIf
Get-Thing | where { $_.Name -ne 'b' } | Remove-Thing -Confirm:$false
@(Get-Thing).Count
1..10 | select -Skip 2 -First 3
1..3 | measure -Sum -Average -Maximum -Minimum
'x', 'y', 'x' | group | ft Count, Name
3, 1, 2, 3 | sort -Unique
