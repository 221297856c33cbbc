using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;
using System.Text.Json;
using StorageEngines.Cli.Commands;
using StorageEngines.Cli.Demo;
using StorageEngines.Cli.Errors;

namespace StorageEngines.Cli;

/// <summary>The tool: parses, runs one command, maps what goes wrong to an exit code and two lines.</summary>
internal sealed class CliApplication
{
    private readonly CliEnvironment _environment;
    private readonly GlobalOptions _options = new();
    private readonly RootCommand _root;

    internal CliApplication(CliEnvironment environment)
    {
        _environment = environment;
        _root = new RootCommand("Snapshots and exact differences of volumes, by the storage's own means where it has them");
        _options.AddTo(_root);

        // '/h' and '/?' are paths here, not questions.
        Option help = _root.Options.OfType<HelpOption>().Single();
        help.Aliases.Remove("/h");
        help.Aliases.Remove("/?");
        AddCommands();
    }

    /// <summary>Runs one command line.</summary>
    /// <returns>The exit code.</returns>
    internal async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken = default)
    {
        // No response files: '@NAME' is a snapshot here.
        ParseResult parse = _root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        try
        {
            if (parse.Action is ParseErrorAction || (parse.Errors.Count > 0 && parse.Action is not SynchronousCommandLineAction))
            {
                throw UsageErrors.From(parse);
            }

            return await parse.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Error = _environment.Error }, cancellationToken);
        }
        catch (Exception error)
        {
            return Report(error, parse, arguments);
        }
    }

    private void AddCommands()
    {
        _root.Add(EngineCommands.Engines(this));
        _root.Add(EngineCommands.Probe(this));
        _root.Add(EngineCommands.Volumes(this));
        _root.Add(SnapshotCommands.Create(this));
        _root.Add(ChangesCommand.Create(this));
        _root.Add(AllocatedCommand.Create(this));
        _root.Add(DiffCommand.Create(this));
        _root.Add(StatusCommand.Create(this));
        _root.Add(ExportCommand.Create(this));
        _root.Add(ApplyCommand.Create(this));
        _root.Add(RestoreCommand.Create(this));
        _root.Add(DeltaCommand.Create(this));
        _root.Add(DeltaCommand.Patch(this));
        _root.Add(VerifyCommand.Create(this));
        _root.Add(StoreCommands.Create(this));
        _root.Add(DemoCommand.Create(this));
        _root.Add(CompletionCommand.Create(this));
    }

    /// <summary>Gives a command its action.</summary>
    internal Command Define(Command command, Func<CliSession, CancellationToken, Task<int>> action)
    {
        command.SetAction(async (parse, cancellationToken) =>
        {
            await using var session = new CliSession(_environment, _options, parse);
            return await action(session, cancellationToken);
        });
        return command;
    }

    // What was typed may hold line breaks, or what moves a terminal's cursor.
    private static string Printable(string text)
        => string.Concat(text.Select(character => char.IsControl(character) ? $"\\x{(int)character:x2}" : character.ToString()));

    private int Report(Exception error, ParseResult parse, IReadOnlyList<string> arguments)
    {
        if (ErrorMapping.IsBrokenPipe(error))
        {
            return ExitCode.BrokenPipe;
        }

        bool known = parse.Errors.Count == 0;
        bool json = known ? parse.GetValue(_options.Json) : arguments.Contains("--json");
        bool verbose = known ? parse.GetValue(_options.Verbose) : arguments.Contains("--verbose");
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
