New-Thing a | Out-Null; New-Thing b -MaxSize 20MB | Out-Null
Get-Thing | select Name, MaxSize, @{n='Ranges';e={$_.Ranges -join ';'}} | Export-Csv things.csv -NoTypeInformation
Get-Content things.csv
Import-Csv things.csv | where { $_.Name -eq 'b' } | fl
Get-Thing | Export-Clixml things.xml
Import-Clixml things.xml | % { "$($_.Name) $($_.MaxSize)" }
Get-Thing a | select Name, MaxSize, Enabled, Auth | ConvertTo-Json
'{"Name": "x", "List": [1, 2]}' | ConvertFrom-Json | % { $_.List[1] }
Import-Csv things.csv | % { $_.Name = "$($_.Name)2"; $_ } | New-Thing | ft Name, MaxSize
Get-Content nosuch.txt
(Get-Thing | Out-String).Length -gt 10
