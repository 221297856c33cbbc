using System.Globalization;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;

namespace StorageEngines.RemoteShells;

/// <summary>
/// A shell on the other host that is given one script after the other over one channel, so that a question costs one round trip. After each script it writes a mark that no output can
/// know, the exit code, and what the script wrote to standard error. A session that was disturbed is not used again. One caller at a time.
/// </summary>
/// <remarks>Implements: sh(1) as in POSIX; with locks flock(1) of util-linux, which holds them as long as the shell or what it started runs.</remarks>
internal sealed class ShellSession : IAsyncDisposable
{
    private const int LockTaken = 75;

    private readonly CancellationTokenSource _stop = new();
    private readonly Pipe _input = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly string _mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private readonly byte[] _buffer = new byte[64 << 10];
    private readonly string _host;
    private readonly ShellSetup _setup;
    private ICommandExecution? _execution;
    private long _number;

    private ShellSession(string host, ShellSetup setup) => (_host, _setup) = (host, setup);

    /// <summary>Whether it can take another script.</summary>
    internal bool IsUsable { get; private set; }

    /// <summary>How many scripts it was given.</summary>
    internal long Count => _number;

    /// <summary>Starts a shell.</summary>
    /// <param name="runner">Reaches the host.</param>
    /// <param name="setup">What it is told first.</param>
    /// <param name="locks">Files that are locked as long as the shell is there; they are made if they are not there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The session; null if somebody else holds one of the locks.</returns>
    internal static async Task<ShellSession?> StartAsync(ICommandRunner runner, ShellSetup setup, IReadOnlyList<BytePath> locks, CancellationToken cancellationToken)
    {
        var session = new ShellSession(runner.Host, setup);
        try
        {
            return await session.BeginAsync(runner, locks, cancellationToken).ConfigureAwait(false) ? session : await EndAsync(session).ConfigureAwait(false);
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs a script to its end.</summary>
    /// <param name="script">The script. It must not read standard input.</param>
    /// <param name="maxOutput">The most bytes of output to accept.</param>
    /// <param name="cancellationToken">Ends the script and the session.</param>
    /// <exception cref="StorageCommandException">The connection was lost, or the output is too long.</exception>
    internal async Task<ShellReply> RunAsync(byte[] script, int maxOutput, CancellationToken cancellationToken)
    {
        IsUsable = false;
        using CancellationTokenRegistration stop = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _stop);
        try
        {
            await WriteAsync(Wrap(script)).ConfigureAwait(false);
            (byte[] output, string tail) = await ReadReplyAsync(maxOutput).ConfigureAwait(false);
            int blank = tail.IndexOf(' ', StringComparison.Ordinal);
            IsUsable = true;
            return new ShellReply(int.Parse(tail.AsSpan(0, blank), CultureInfo.InvariantCulture), output, tail[(blank + 1)..].Trim());
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        IsUsable = false;
        await _input.Writer.CompleteAsync().ConfigureAwait(false);
        if (_execution is not null)
        {
            await _execution.DisposeAsync().ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private static async Task<ShellSession?> EndAsync(ShellSession session)
    {
        await session.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    private async Task<bool> BeginAsync(ICommandRunner runner, IReadOnlyList<BytePath> locks, CancellationToken cancellationToken)
    {
        List<CommandArgument> arguments = [];
        foreach (BytePath file in locks)
        {
            arguments.AddRange(["flock", "-n", "-E", LockTaken.ToString(CultureInfo.InvariantCulture), file]);
        }

        arguments.Add("sh");
        var request = new CommandRequest(locks.Count > 0 ? "flock" : "sh", arguments[1..])
        {
            StandardInput = _input.Reader.AsStream(),
            Operation = _setup.Engine,
            SuccessExitCodes = [0, LockTaken],
        };
        using CancellationTokenRegistration stop = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _stop);
        try
        {
            _execution = await runner.StartAsync(request, _stop.Token).ConfigureAwait(false);
            await WriteAsync(Encoding.ASCII.GetBytes(_setup.Text)).ConfigureAwait(false);
            await RunAsync(":"u8.ToArray(), 1, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (EndOfStreamException) when (locks.Count > 0)
        {
            CommandExit exit = await _execution!.Completion.ConfigureAwait(false);
            return exit.ExitCode == LockTaken ? false : throw Ended(exit);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    // Never waits: the pipe takes any length.
    private async Task WriteAsync(byte[] bytes) => await _input.Writer.WriteAsync(bytes, _stop.Token).ConfigureAwait(false);

    // A function, because old shells misread 'case' within $( ). Descriptor 3 is the session's output.
    private byte[] Wrap(byte[] script)
    {
        string end = string.Create(CultureInfo.InvariantCulture, $"\n}}\ne=$( (f) 2>&1 >&3 </dev/null ); r=$?; printf '\\001{_mark}-{++_number} %d %.4000s\\0' \"$r\" \"$e\"\n");
        return [.. "f() {\n"u8, .. script, .. Encoding.ASCII.GetBytes(end)];
    }

    private async Task<(byte[] Output, string Tail)> ReadReplyAsync(int maxOutput)
    {
        const int LongestTail = 4200;
        byte[] token = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\u0001{_mark}-{_number} "));
        using var reply = new MemoryStream();
        int found = -1, looked = 0;
        while (true)
        {
            int count = await _execution!.StandardOutput.ReadAsync(_buffer, _stop.Token).ConfigureAwait(false);
            if (count == 0)
            {
                throw new EndOfStreamException();
            }

            reply.Write(_buffer, 0, count);
            Memory<byte> all = reply.GetBuffer().AsMemory(0, (int)reply.Length);
            if (found < 0)
            {
                found = all.Span[looked..].IndexOf(token) is var at and >= 0 ? looked + at : -1;
                looked = Math.Max(0, all.Length - token.Length);
            }

            int end = found < 0 ? -1 : all.Span[(found + token.Length)..].IndexOf((byte)0);
            if (end >= 0)
            {
                return (all[..found].ToArray(), Encoding.UTF8.GetString(all.Span.Slice(found + token.Length, end)));
            }

            if ((found < 0 ? all.Length - LongestTail : found) > maxOutput)
            {
                throw new StorageCommandException(EngineStatus.ResourceExhausted, EngineReason.StreamCorrupt, Recovery.OperatorAction,
                    $"A command on {_host} wrote more than the {maxOutput} bytes that were expected.") { Host = _host, Engine = _setup.Engine };
            }
        }
    }

    private StorageCommandException Ended(CommandExit exit)
        => new(EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.RetryAfterBackoff, $"The shell on {_host} ended by itself (exit code {exit.ExitCode}): {exit.StandardErrorTail}")
        { Host = _host, Engine = _setup.Engine, ExitCode = exit.ExitCode };
}
