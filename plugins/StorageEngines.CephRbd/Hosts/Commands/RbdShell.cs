using StorageEngines.Posix;
using StorageEngines.RemoteShells;

namespace StorageEngines.CephRbd.Hosts.Commands;

/// <summary>A machine with rbd, this one or another: its programs in shells that are kept for the next script, each of which is one round trip. Safe for use by several threads.</summary>
internal sealed class RbdShell : IAsyncDisposable
{
    private readonly CephRbdSettings _settings;
    private readonly RemoteShell _shell;
    private volatile ClusterFacts? _facts;

    /// <summary>Makes it. Nothing is started yet.</summary>
    internal RbdShell(ICommandRunner runner, CephRbdSettings settings)
    {
        _settings = settings;
        Runner = runner;
        _shell = new RemoteShell(runner, RbdFunctions.For(settings));
    }

    /// <summary>Runs the commands.</summary>
    internal ICommandRunner Runner { get; }

    /// <summary>Told before each step; null for nobody. Default: null.</summary>
    internal Func<string, ValueTask>? OnStep { get; set; }

    /// <summary>The cluster as it was when it was asked last; null if it was not yet, or if what is known proved old.</summary>
    internal ClusterFacts? Known
    {
        get => _facts;
        set => _facts = value;
    }

    /// <summary>Asks something that has to work.</summary>
    /// <param name="operation">What it is for, e.g. <c>list images</c>.</param>
    /// <param name="subject">What it is about, for messages.</param>
    /// <param name="script">The script.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What it wrote.</returns>
    internal async Task<byte[]> AskAsync(string operation, string subject, Script script, CancellationToken cancellationToken)
    {
        ShellReply reply = await TryAskAsync(operation, script, cancellationToken).ConfigureAwait(false);
        return reply.Exit == 0 ? reply.Output : throw Failed(operation, subject, reply.Exit, reply.Errors);
    }

    /// <summary>Asks something that may fail.</summary>
    internal async Task<ShellReply> TryAskAsync(string operation, Script script, CancellationToken cancellationToken)
    {
        await StepAsync(operation, cancellationToken).ConfigureAwait(false);
        return await _shell.AskAsync(script.Bytes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks for the cluster and its pools.</summary>
    internal async Task<ClusterFacts> AskFactsAsync(CancellationToken cancellationToken)
    {
        byte[] answer = await AskAsync("reach cluster", _settings.User, new Script().Text("py facts"), cancellationToken).ConfigureAwait(false);
        ClusterFacts facts = ClusterFacts.Parse(FieldsOf(answer));
        Known = facts;
        return facts;
    }

    /// <summary>Changes something. It is run once and to its end: after it has begun it cannot be cancelled.</summary>
    /// <param name="operation">What it is for, e.g. <c>create snapshot</c>.</param>
    /// <param name="script">The script.</param>
    /// <param name="cancellationToken">Gives up before it.</param>
    /// <exception cref="StorageCommandException">The connection was lost; the outcome is not known.</exception>
    internal async Task<ShellReply> ChangeAsync(string operation, Script script, CancellationToken cancellationToken)
    {
        await StepAsync(operation, cancellationToken).ConfigureAwait(false);
        return await _shell.ChangeAsync(script, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Starts a script of its own, which may write much.</summary>
    /// <param name="operation">What it is for, e.g. <c>compare</c>.</param>
    /// <param name="script">The script.</param>
    /// <param name="input">What it reads; null for nothing.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task<ScriptStream> StartAsync(string operation, Script script, Stream? input, CancellationToken cancellationToken)
    {
        await StepAsync(operation, cancellationToken).ConfigureAwait(false);
        return await _shell.StartScriptAsync(operation, script, input, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes an answer apart.</summary>
    internal static Fields FieldsOf(byte[] answer) => new(answer, "the answer about the cluster", CephRbdEngineFactory.SchemeName);

    /// <summary>The error of a script that failed. If it was for another name than is known here, what is known is asked for again next time.</summary>
    /// <param name="operation">What was tried.</param>
    /// <param name="subject">On what, for people: an image, or what is behind its <c>@</c>.</param>
    /// <param name="exit">The script's exit code.</param>
    /// <param name="errors">What it wrote to standard error.</param>
    /// <param name="isChange">Whether something was to be changed.</param>
    internal StorageEngineException Failed(string operation, string subject, int exit, string errors, bool isChange = false)
    {
        const string Engine = CephRbdEngineFactory.SchemeName;
        string words = RbdWords.Clean(errors), said = words.Length == 0 ? "" : $" Ceph says: {words}";
        if (exit == RbdExit.ImageGone)
        {
            return CephRbdErrors.MissingVolume(subject.Split('@')[0]);
        }

        if (exit is RbdExit.Renamed or RbdExit.ChangedMeanwhile || RbdWords.IsWithoutPool(words))
        {
            Known = null;
        }

        (EngineStatus Status, EngineReason Reason, Recovery Recovery, string Advice)? ours = Meaning(exit, words);
        return ours is null
            ? CephRbdErrors.Of(new RbdFailure(operation, subject, exit, _settings.User, Runner.Host, _settings.TimeoutSeconds) { Words = words, IsChange = isChange, IsCommand = true })
            : new StorageCommandException(ours.Value.Status, ours.Value.Reason, ours.Value.Recovery, $"Cannot {operation} '{subject}': {ours.Value.Advice}.{said}")
            {
                Engine = Engine,
                Operation = operation,
                Host = Runner.Host,
                ExitCode = exit,
                StandardErrorTail = words,
                BackendText = words,
                OutcomeUnknown = isChange && exit is RbdExit.ChangedMeanwhile or (> 128 and < RbdExit.Renamed),
            };
    }

    /// <summary>The error of a change that failed. If it was not made in time, the monitors are asked whether a pool is full: whoever writes there waits.</summary>
    /// <param name="operation">What was tried.</param>
    /// <param name="subject">On what, for people.</param>
    /// <param name="reply">What came of it.</param>
    internal async Task<StorageEngineException> ChangeFailedAsync(string operation, string subject, ShellReply reply)
    {
        StorageEngineException failure = Failed(operation, subject, reply.Exit, reply.Errors, isChange: true);
        if (reply.Exit != Errno.ETIMEDOUT || RbdWords.IsWithoutConnection(reply.Errors))
        {
            return failure;
        }

        ShellReply answer = await _shell.AskAsync(new Script().Text("py full").Bytes, CancellationToken.None).ConfigureAwait(false);
        Fields fields = FieldsOf(answer.Exit == 0 ? answer.Output : []);
        List<string> full = [];
        while (!fields.IsAtEnd)
        {
            full.Add(fields.Text());
        }

        return full.Count > 0 ? CephRbdErrors.Full(operation, subject, full) : failure;
    }

    // What has no error number, or one that means something else.
    private (EngineStatus Status, EngineReason Reason, Recovery Recovery, string Advice)? Meaning(int exit, string words) => exit switch
    {
        RbdExit.Missing => (EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction,
            $"a program is not installed on {Runner.Host}; install {(words.Contains("setsid", StringComparison.Ordinal) ? "util-linux" : "ceph-common")}"),
        RbdExit.BindingsMissing => (EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction,
            $"Python's modules for Ceph are not installed on {Runner.Host}; install python3-rbd, on which ceph-common depends"),
        RbdExit.NotUtf8 => (EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.FixRequest,
            $"its name is not UTF-8, so that Python on {Runner.Host} cannot reach it; rename it ('rbd rename', 'rbd snap rename'), or reach the cluster through librbd (setting 'access')"),
        RbdExit.Renamed => (EngineStatus.Aborted, EngineReason.None, Recovery.Retry, "its pool, it or its snapshot was renamed or replaced in the meantime; try again"),
        RbdExit.ChangedMeanwhile => (EngineStatus.Aborted, EngineReason.None, Recovery.Retry, "it was renamed or replaced while it was changed, so that another image may have been; look at both"),
        RbdExit.KeyMissing => (EngineStatus.Unauthenticated, EngineReason.None, Recovery.OperatorAction,
            $"there is no keyring with the key of {_settings.User} on {Runner.Host}, or no monitor in the configuration; check the settings 'keyring', 'user' and 'conf'"),
        Errno.EPERM or Errno.ENOENT when RbdWords.IsWithoutConnection(words) => (EngineStatus.FailedPrecondition, EngineReason.None, Recovery.OperatorAction,
            $"the cluster's configuration, its monitors in it or the key of {_settings.User} are not found on {Runner.Host}; check the settings 'conf', 'user' and 'keyring'"),
        Errno.EPERM when RbdWords.IsTooOld(words) => (EngineStatus.FailedPrecondition, EngineReason.ToolVersion, Recovery.OperatorAction, $"rbd on {Runner.Host} is too old; install ceph-common 16 or later"),
        > 128 and < RbdExit.Renamed => (EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction, $"signal {exit - 128} ended rbd on {Runner.Host}"),
        _ => null,
    };

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
