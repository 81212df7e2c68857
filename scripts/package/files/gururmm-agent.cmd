@"%~dp0..\runtime\bin\node.exe" "%~dp0gururmm-agent.js" %*
