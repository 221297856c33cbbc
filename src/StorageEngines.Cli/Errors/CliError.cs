using System.Text.Json;
using StorageEngines.Cli.Output;

namespace StorageEngines.Cli.Errors;

/// <summary>A failure in the form in which it is shown: to people as two lines, to programs as one JSON object.</summary>
internal sealed record CliError(int ExitCode, string Status, string Reason, string Recovery, string Message, string? Hint)
{
    internal string? Engine { get; init; }

    internal string? Operation { get; init; }

    internal string? BackendCode { get; init; }

    internal string? BackendText { get; init; }

    internal bool OutcomeUnknown { get; init; }

    /// <summary>The exception with its stack trace, shown with <c>--verbose</c> only.</summary>
    internal string? Detail { get; init; }

    /// <summary>True if the back end's own words add nothing for a person: the message has them, or they are a system call's error that was understood.</summary>
    internal bool SaysItAll(string text) => Message.Contains(text, StringComparison.Ordinal)
        || (Status != nameof(EngineStatus.Unknown) && Status != nameof(EngineStatus.Internal) && BackendCode is { Length: > 1 } code && code[0] == 'E' && code.All(char.IsAsciiLetterUpper));

    private IEnumerable<(string Name, string? Value)> Texts =>
    [
        ("status", Status), ("reason", Reason), ("recovery", Recovery), ("message", Message), ("hint", Hint), ("engine", Engine), ("operation", Operation), ("backendCode", BackendCode),
        ("backendText", BackendText),
    ];

    internal void Write(JsonLineWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("exitCode", ExitCode);
        foreach ((string name, string? value) in Texts)
        {
            json.WriteString(name, value);
        }

        json.WriteBoolean("outcomeUnknown", OutcomeUnknown);
        json.WriteString("detail", Detail);
        json.WriteEndObject();
    }

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("exitCode", ExitCode);
        foreach ((string name, string? value) in Texts)
        {
            json.WriteString(name, value);
        }

        json.WriteBoolean("outcomeUnknown", OutcomeUnknown);
        json.WriteString("detail", Detail);
        json.WriteEndObject();
    }
}
