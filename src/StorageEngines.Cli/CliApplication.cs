using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text;
using System.Text.Json;
using StorageEngines.Cli.Commands;
using StorageEngines.Cli.Demo;
using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Syntax;
using Command = StorageEngines.Cli.Syntax.Command;

namespace StorageEngines.Cli;

/// <summary>The tool: parses, runs one command, maps what goes wrong to an exit code and two lines.</summary>
internal sealed class CliApplication
{
    private readonly CliEnvironment _environment;
    private readonly GlobalOptions _options = new();
    private readonly Command _root;

    internal CliApplication(CliEnvironment environment)
    {
        _environment = environment;
        _root = new Command("storage-engines", "Snapshots and exact differences of volumes, by the storage's own means where it has them");
        _options.AddTo(_root);
        AddCommands();
    }

    /// <summary>Every word that the tool understands.</summary>
    internal Command Root => _root;

    /// <summary>Runs one command line.</summary>
    /// <returns>The exit code.</returns>
    internal async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken = default)
    {
        bool known = true;
        try
        {
            if (PlainReader.Read(_root, arguments) is { } command)
            {
                return await command.Action!(cancellationToken);
            }

            known = false;
            return await FullAsync(arguments, () => known = true, cancellationToken);
        }
        catch (Exception error)
        {
            return Report(error, known, arguments);
        }
    }

    private async Task<int> FullAsync(IReadOnlyList<string> arguments, Action understood, CancellationToken cancellationToken)
    {
        ParseResult parse = new FullReader(_root).Read(arguments);
        if (parse.Errors.Count == 0)
        {
            _options.Take(parse);
            understood();
        }

        return parse.Action is ParseErrorAction || (parse.Errors.Count > 0 && parse.Action is not SynchronousCommandLineAction)
            ? throw UsageErrors.From(parse)
            : await parse.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Error = _environment.Error }, cancellationToken);
    }

    private void AddCommands()
    {
        _root.Add("engines", () => EngineCommands.Engines(this));
        _root.Add("probe", () => EngineCommands.Probe(this));
        _root.Add("volumes", () => EngineCommands.Volumes(this));
        _root.Add("snapshot", () => SnapshotCommands.Create(this));
        _root.Add("changes", () => ChangesCommand.Create(this));
        _root.Add("allocated", () => AllocatedCommand.Create(this));
        _root.Add("fleet", () => FleetCommand.Create(this));
        _root.Add("diff", () => DiffCommand.Create(this));
        _root.Add("status", () => StatusCommand.Create(this));
        _root.Add("export", () => ExportCommand.Create(this));
        _root.Add("apply", () => ApplyCommand.Create(this));
        _root.Add("restore", () => RestoreCommand.Create(this));
        _root.Add("delta", () => DeltaCommand.Create(this));
        _root.Add("patch", () => DeltaCommand.Patch(this));
        _root.Add("verify", () => VerifyCommand.Create(this));
        _root.Add("store", () => StoreCommands.Create(this));
        _root.Add("demo", () => DemoCommand.Create(this));
        _root.Add("completion", () => CompletionCommand.Create(this));
    }

    /// <summary>Gives a command its action.</summary>
    internal Command Define(Command command, Func<CliSession, CancellationToken, Task<int>> action)
    {
        command.Action = async cancellationToken =>
        {
            await using var session = new CliSession(_environment, _options);
            return await action(session, cancellationToken);
        };
        return command;
    }

    /// <summary>A text as one line: what was typed may hold line breaks, or what moves a terminal's cursor.</summary>
    internal static string Printable(string text)
        => string.Concat(text.Select(character => char.IsControl(character) ? $"\\x{(int)character:x2}" : character.ToString()));

    private int Report(Exception error, bool known, IReadOnlyList<string> arguments)
    {
        if (ErrorMapping.IsBrokenPipe(error))
        {
            return ExitCode.BrokenPipe;
        }

        bool json = known ? _options.Json.Value : arguments.Contains("--json");
        bool verbose = known ? _options.Verbose.Value : arguments.Contains("--verbose");
        CliError mapped = ErrorMapping.Map(error, verbose);
        mapped = error.Data["hint"] is string hint ? mapped with { Hint = hint } : mapped;
        if (json)
        {
            using var buffer = new MemoryStream();
            using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                mapped.Write(writer);
            }

            _environment.Error.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
            return mapped.ExitCode;
        }

        _environment.Error.WriteLine($"error: {Printable(mapped.Message)}");
        if (mapped.BackendText is { Length: > 0 } text && (verbose || !mapped.SaysItAll(text)))
        {
            _environment.Error.WriteLine($"  {mapped.Engine ?? "back end"} said: {Printable(text)}");
        }

        if (mapped.Hint is not null)
        {
            _environment.Error.WriteLine($"hint: {Printable(mapped.Hint)}");
        }

        if (mapped.Detail is not null)
        {
            _environment.Error.WriteLine(mapped.Detail);
        }

        return mapped.ExitCode;
    }
}
