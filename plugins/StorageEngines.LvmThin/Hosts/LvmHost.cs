using StorageEngines.RemoteShells;

namespace StorageEngines.LvmThin.Hosts;

/// <summary>A machine with LVM, this one or another: its programs in shells that are kept for the next script, each of which is one round trip. Safe for use by several threads.</summary>
internal sealed class LvmHost : IAsyncDisposable
{
    private readonly RemoteShell _shell;

    /// <summary>Makes the host. Nothing is started yet.</summary>
    internal LvmHost(ICommandRunner runner)
    {
        Runner = runner;
        _shell = new RemoteShell(runner, ShellFunctions.Setup);
    }

    /// <summary>Runs the commands.</summary>
    internal ICommandRunner Runner { get; }

    /// <summary>Told before each step; null for nobody. Default: null.</summary>
    internal Func<string, ValueTask>? OnStep { get; set; }

    /// <summary>Asks something that has to work.</summary>
    /// <param name="operation">What it is for, e.g. <c>list volumes</c>.</param>
    /// <param name="subject">What it is about, for messages.</param>
    /// <param name="script">The script.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What it wrote.</returns>
    internal async Task<byte[]> AskAsync(string operation, string subject, Script script, CancellationToken cancellationToken)
    {
        ShellReply reply = await TryAskAsync(operation, script, cancellationToken).ConfigureAwait(false);
        return reply.Exit == 0 ? reply.Output : throw Failed(operation, subject, reply);
    }

    /// <summary>Asks something that may fail.</summary>
    internal async Task<ShellReply> TryAskAsync(string operation, Script script, CancellationToken cancellationToken)
    {
        await StepAsync(operation, cancellationToken).ConfigureAwait(false);
        return await _shell.AskAsync(script.Bytes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Changes something. It is run once and to its end: after it has begun it cannot be cancelled.</summary>
    /// <exception cref="StorageCommandException">The connection was lost; the outcome is not known.</exception>
    internal async Task<ShellReply> ChangeAsync(string operation, Script script, CancellationToken cancellationToken)
    {
        await StepAsync(operation, cancellationToken).ConfigureAwait(false);
        return await _shell.ChangeAsync(script, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Starts a script of its own, which may write much.</summary>
    internal async Task<ScriptStream> StartAsync(string operation, Script script, CancellationToken cancellationToken)
    {
        await StepAsync(operation, cancellationToken).ConfigureAwait(false);
        return await _shell.StartScriptAsync(operation, script, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Starts a session that switches snapshots on.</summary>
    internal async Task<ShellSession> StartHolderAsync(CancellationToken cancellationToken)
    {
        await StepAsync("hold", cancellationToken).ConfigureAwait(false);
        return (await ShellSession.StartAsync(Runner, ShellFunctions.Holder, [], cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>The error of a script that failed.</summary>
    internal StorageEngineException Failed(string operation, string subject, ShellReply reply) => LvmErrors.Recognise(operation, subject, reply.Exit, reply.Errors, Runner.Host);

    /// <summary>Tells of a step that is about to be taken, and gives up there if that is wished.</summary>
    internal async ValueTask StepAsync(string step, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (OnStep is { } told)
        {
            await told(step).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _shell.DisposeAsync();
}
