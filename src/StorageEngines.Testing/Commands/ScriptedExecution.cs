using System.Text;

namespace StorageEngines.Testing;

/// <summary>A command that follows a script.</summary>
internal sealed class ScriptedExecution : ICommandExecution
{
    private readonly Action _ended;
    private bool _disposed;

    public ScriptedExecution(CommandRequest request, CommandScript script, string host, Action ended)
    {
        _ended = ended;
        byte[] error = Encoding.UTF8.GetBytes(script.StandardError);
        string tail = Encoding.UTF8.GetString(error.AsSpan(Math.Max(0, error.Length - request.MaxStandardErrorBytes)));
        var exit = new CommandExit(script.ExitCode, tail, error.Length, TimeSpan.Zero);
        Completion = Task.FromResult(exit);
        Exception? failure = request.SuccessExitCodes.Contains(script.ExitCode)
            ? null
            : new StorageCommandException(
                EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction, $"'{request.Program}' on {host} ended with code {script.ExitCode}: {tail}")
            { Host = host, ExitCode = script.ExitCode, StandardErrorTail = tail, Operation = request.Operation ?? request.Program };
        StandardOutput = new CommandOutputStream(new MemoryStream(script.StandardOutput.ToArray(), writable: false), _ => failure is null ? default : ValueTask.FromException(failure));
    }

    public Stream StandardOutput { get; }

    public Task<CommandExit> Completion { get; }

    public ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            _ended();
        }

        return ValueTask.CompletedTask;
    }
}
