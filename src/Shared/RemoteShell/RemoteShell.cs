using System.Collections.Concurrent;
using System.Text;

namespace StorageEngines.RemoteShells;

/// <summary>Runs scripts on the other host, in shells that are kept for the next script. Safe for use by several threads. Calls block.</summary>
/// <param name="runner">Reaches the host.</param>
/// <param name="setup">What each shell is told first.</param>
internal sealed class RemoteShell(ICommandRunner runner, ShellSetup setup) : IAsyncDisposable
{
    /// <summary>The most output of a question: a table of some 100,000 subvolumes.</summary>
    private const int MostOutput = 64 << 20;

    // Servers allow ten sessions of a connection, and a runner eight commands. Nobody who holds one may have to wait for ever for another: so each kind has its own share.
    private const int MostQuestions = 2;
    private const int MostStreams = 3;

    private readonly ConcurrentBag<ShellSession> _idle = [];
    private readonly SemaphoreSlim _questions = new(MostQuestions, MostQuestions);
    private readonly SemaphoreSlim _streams = new(MostStreams, MostStreams);
    private long _trips;

    /// <summary>Reaches the host.</summary>
    internal ICommandRunner Runner => runner;

    /// <summary>What each shell is told first.</summary>
    internal ShellSetup Setup => setup;

    /// <summary>How many scripts were run, each of which is one round trip.</summary>
    internal long Trips => Interlocked.Read(ref _trips);

    /// <summary>Asks something; a session that was lost while nobody used it is replaced.</summary>
    internal ShellReply Ask(Script script, CancellationToken cancellationToken) => AskAsync(script.Bytes, cancellationToken).GetAwaiter().GetResult();

    /// <summary>Changes something, in a session without locks. It is run once, whatever happens, and cannot be cancelled once it has begun.</summary>
    internal ShellReply Change(Script script, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _questions.Wait(cancellationToken);
        try
        {
            return RunFreshAsync(script.Bytes, CancellationToken.None).GetAwaiter().GetResult();
        }
        finally
        {
            _questions.Release();
        }
    }

    /// <summary>
    /// Changes something like <see cref="Change"/>, in a session that is kept, if it still answers. With <see cref="StorageEngineException.OutcomeUnknown"/> the connection was lost while it ran.
    /// </summary>
    internal async Task<ShellReply> ChangeAsync(Script script, CancellationToken cancellationToken)
    {
        await _questions.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await AskInTurnAsync(":"u8.ToArray(), cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            ShellSession session = _idle.TryTake(out ShellSession? idle) ? idle : await StartAsync(cancellationToken).ConfigureAwait(false);
            return await RunOnceAsync(session, script.Bytes).ConfigureAwait(false);
        }
        finally
        {
            _questions.Release();
        }
    }

    /// <summary>Starts a session that holds locks; null if one of them is taken. The caller disposes it.</summary>
    internal ShellSession? StartLocked(IReadOnlyList<BytePath> locks, CancellationToken cancellationToken)
        => ShellSession.StartAsync(runner, setup, locks, cancellationToken).GetAwaiter().GetResult();

    /// <summary>Runs a script in a session with locks. It is run to its end.</summary>
    internal ShellReply Run(ShellSession session, Script script)
    {
        Interlocked.Increment(ref _trips);
        try
        {
            return session.RunAsync(script.Bytes, MostOutput, CancellationToken.None).GetAwaiter().GetResult();
        }
        catch (EndOfStreamException e)
        {
            throw Lost(e);
        }
    }

    /// <summary>Asks something.</summary>
    internal async Task<ShellReply> AskAsync(byte[] script, CancellationToken cancellationToken)
    {
        await _questions.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await AskInTurnAsync(script, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _questions.Release();
        }
    }

    /// <summary>Starts a command of its own, which may write much. To be disposed, and then <see cref="EndStream"/> is to be called.</summary>
    internal async Task<ICommandExecution> StartStreamAsync(CommandRequest request, CancellationToken cancellationToken)
    {
        await _streams.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Interlocked.Increment(ref _trips);
            return await runner.StartAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _streams.Release();
            throw;
        }
    }

    /// <summary>Starts a script in a shell of its own, which may write much. The caller disposes it.</summary>
    /// <param name="operation">What it is for, e.g. <c>compare</c>.</param>
    /// <param name="script">The script.</param>
    /// <param name="input">What it reads; null for nothing.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task<ScriptStream> StartScriptAsync(string operation, Script script, Stream? input, CancellationToken cancellationToken)
    {
        byte[] text = [.. Encoding.ASCII.GetBytes(setup.Text), .. script.Bytes];
        var request = new CommandRequest("sh", ["-c", new CommandArgument(text)]) { Operation = operation, StandardInput = input };
        return new ScriptStream(this, await StartStreamAsync(request, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Lets the next stream begin.</summary>
    internal void EndStream() => _streams.Release();

    private async Task<ShellReply> AskInTurnAsync(byte[] script, CancellationToken cancellationToken)
    {
        if (_idle.TryTake(out ShellSession? session))
        {
            try
            {
                return await RunAsync(session, script, cancellationToken).ConfigureAwait(false);
            }
            catch (StorageCommandException e) when (e.Reason == EngineReason.ConnectionLost)
            {
                // It may have been lost long ago; whether the host is there shows now.
            }
        }

        return await RunFreshAsync(script, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        while (_idle.TryTake(out ShellSession? session))
        {
            await session.DisposeAsync().ConfigureAwait(false);
        }

        _questions.Dispose();
        _streams.Dispose();
    }

    private async Task<ShellReply> RunFreshAsync(byte[] script, CancellationToken cancellationToken)
        => await RunAsync(await StartAsync(cancellationToken).ConfigureAwait(false), script, cancellationToken).ConfigureAwait(false);

    private async Task<ShellSession> StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await ShellSession.StartAsync(runner, setup, [], cancellationToken).ConfigureAwait(false))!;
        }
        catch (EndOfStreamException e)
        {
            throw Lost(e);
        }
    }

    private async Task<ShellReply> RunOnceAsync(ShellSession session, byte[] script)
    {
        try
        {
            return await RunAsync(session, script, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StorageCommandException e) when (e is { Reason: EngineReason.ConnectionLost, OutcomeUnknown: false })
        {
            throw new StorageCommandException(e.Status, EngineReason.ConnectionLost, e.Recovery, e.Message, e) { Host = runner.Host, Engine = setup.Engine, OutcomeUnknown = true };
        }
    }

    private async Task<ShellReply> RunAsync(ShellSession session, byte[] script, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _trips);
        try
        {
            return await session.RunAsync(script, MostOutput, cancellationToken).ConfigureAwait(false);
        }
        catch (EndOfStreamException e)
        {
            throw Lost(e);
        }
        finally
        {
            if (session.IsUsable && _idle.IsEmpty)
            {
                _idle.Add(session);
            }
            else
            {
                await session.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private StorageCommandException Lost(EndOfStreamException cause)
        => new(EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.RetryAfterBackoff, $"The shell on {runner.Host} ended in mid-command; whether the command was carried out is not known.", cause)
        { Host = runner.Host, Engine = setup.Engine, OutcomeUnknown = true };
}
