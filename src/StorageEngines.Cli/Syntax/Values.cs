using System.Globalization;

namespace StorageEngines.Cli.Syntax;

/// <summary>The values of one option or argument, by their type.</summary>
internal static class Values
{
    /// <summary>Reads a plain value of a type; null if it is none.</summary>
    /// <param name="before">What was read for the same symbol before.</param>
    /// <param name="text">The text; null if there is none.</param>
    internal static object? Read<T>(object? before, string? text)
    {
        if (typeof(T) == typeof(bool))
        {
            return text is null;
        }

        if (typeof(T) == typeof(string[]))
        {
            return text is null ? null : before is string[] others ? (string[])[.. others, text] : (string[])[text];
        }

        if (text is null || before is not null)
        {
            return null;
        }

        return typeof(T) == typeof(int) ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null
            : typeof(T) == typeof(long) ? long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long big) ? big : null
            : typeof(T) == typeof(string) ? text : null;
    }
}
