using System.Diagnostics;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>A program that runs already, and does its work once for each line that it is given.</summary>
internal sealed class LineProgram : IDisposable
{
    private readonly Process _process;

    public LineProgram(string program, IReadOnlyList<string> arguments)
        => _process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    /// <summary>Has it work, and waits for the line that it says then.</summary>
    public async Task<string> AskAsync()
    {
        await _process.StandardInput.WriteLineAsync("go");
        await _process.StandardInput.FlushAsync();
        return await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"{_process.StartInfo.FileName} ended with {_process.ExitCode}.");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
