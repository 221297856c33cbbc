namespace StorageEngines.RemoteShells;

/// <summary>The output of a running script. Disposing it ends the script.</summary>
internal sealed class ScriptStream(RemoteShell shell, ICommandExecution execution) : IAsyncDisposable
{
    private bool _isDisposed;

    /// <summary>What it writes; its end is given only after exit code 0.</summary>
    internal Stream Output => execution.StandardOutput;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            await execution.DisposeAsync().ConfigureAwait(false);
            shell.EndStream();
        }
    }
}
