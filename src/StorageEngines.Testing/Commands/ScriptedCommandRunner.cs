namespace StorageEngines.Testing;

/// <summary>
/// A command runner that runs nothing: it answers the commands that a test expects, and fails on any other. Each expectation answers once, in any order;
/// one for a command that comes again and again is given by <see cref="Always(string, CommandScript)"/>.
/// </summary>
/// <remarks>Safe for use by several threads.</remarks>
public sealed class ScriptedCommandRunner : ICommandRunner
{
    private readonly Lock _gate = new();
    private readonly List<Expectation> _expectations = [];
    private readonly List<CommandCall> _calls = [];
    private int _running;

    /// <summary>The host, for messages. Default: <c>localhost</c>.</summary>
    public string Host { get; init; } = "localhost";

    /// <summary>Whether commands are said to run on this machine. Default: true.</summary>
    public bool IsLocal { get; init; } = true;

    /// <summary>The commands so far, in the order in which they were started.</summary>
    public IReadOnlyList<CommandCall> Calls
    {
        get
        {
            lock (_gate)
            {
                return [.. _calls];
            }
        }
    }

    /// <summary>Commands that were started and whose execution is not disposed: above 0 at the end of a test, something leaks.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>Expects a command once.</summary>
    /// <param name="line">Program and arguments with one blank between them, as <see cref="CommandCall.Line"/> prints them.</param>
    /// <param name="script">What it does.</param>
    /// <returns>This runner.</returns>
    public ScriptedCommandRunner Expect(string line, CommandScript script) => Add(request => LineOf(request) == line, line, script, once: true);

    /// <summary>Expects a command once.</summary>
    /// <param name="matches">Says whether a request is the command.</param>
    /// <param name="description">What the command is, for messages.</param>
    /// <param name="script">What it does.</param>
    /// <returns>This runner.</returns>
    public ScriptedCommandRunner Expect(Func<CommandRequest, bool> matches, string description, CommandScript script) => Add(matches, description, script, once: true);

    /// <summary>Answers a command as often as it comes, also never.</summary>
    /// <param name="line">Program and arguments with one blank between them.</param>
    /// <param name="script">What it does.</param>
    /// <returns>This runner.</returns>
    public ScriptedCommandRunner Always(string line, CommandScript script) => Add(request => LineOf(request) == line, line, script, once: false);

    /// <summary>Throws unless every expected command was run and every execution disposed.</summary>
    /// <exception cref="InvalidOperationException">One was not; the message names it.</exception>
    public void Verify()
    {
        lock (_gate)
        {
            string[] missing = [.. _expectations.Where(expectation => expectation.Once).Select(expectation => expectation.Description)];
            if (missing.Length > 0)
            {
                throw new InvalidOperationException($"These commands were expected and not run: {string.Join("; ", missing)}.");
            }
        }

        if (Running != 0)
        {
            throw new InvalidOperationException($"{Running} commands were started and never disposed.");
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The command was not expected.</exception>
    public async ValueTask<ICommandExecution> StartAsync(CommandRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        byte[] input = [];
        if (request.StandardInput is { } stream)
        {
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy, cancellationToken).ConfigureAwait(false);
            input = copy.ToArray();
        }

        CommandScript script;
        lock (_gate)
        {
            _calls.Add(new CommandCall(request, input));
            Expectation found = _expectations.FirstOrDefault(expectation => expectation.Matches(request))
                ?? throw new InvalidOperationException(
                    $"Unexpected command: {LineOf(request)}. Expected: {(_expectations.Count == 0 ? "none" : string.Join("; ", _expectations.Select(e => e.Description)))}.");
            if (found.Once)
            {
                _expectations.Remove(found);
            }

            script = found.Script;
        }

        Interlocked.Increment(ref _running);
        return new ScriptedExecution(request, script, Host, () => Interlocked.Decrement(ref _running));
    }

    internal static string LineOf(CommandRequest request) => string.Join(' ', request.Arguments.Select(argument => argument.ToString()).Prepend(request.Program));

    private ScriptedCommandRunner Add(Func<CommandRequest, bool> matches, string description, CommandScript script, bool once)
    {
        lock (_gate)
        {
            _expectations.Add(new Expectation(matches, description, script, once));
        }

        return this;
    }

    private sealed record Expectation(Func<CommandRequest, bool> Matches, string Description, CommandScript Script, bool Once);
}
