using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace StorageEngines.Transport;

/// <summary>
/// Passes arguments as they are. <see cref="ProcessStartInfo"/> takes text only; an argument that is not valid UTF-8 is therefore made by a small
/// shell script from octal escapes. Arguments that are valid never meet the shell: they are its positional parameters.
/// </summary>
/// <remarks>
/// The script ends each value with an <c>x</c> that is taken off again, because <c>$(…)</c> drops line breaks at the end, and it <c>exec</c>s, so that
/// no shell stands between us and the command. Implements: sh(1), printf(1).
/// </remarks>
internal static class ArgumentPassing
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Puts program and arguments into a start information.</summary>
    /// <param name="start">What to fill.</param>
    /// <param name="sessionStarter">The path of setsid, or null to go without.</param>
    /// <param name="program">The program's path.</param>
    /// <param name="arguments">The arguments.</param>
    public static void Fill(ProcessStartInfo start, string? sessionStarter, string program, IReadOnlyList<CommandArgument> arguments)
    {
        string?[] texts = [.. arguments.Select(ToText)];
        List<string> line = sessionStarter is null ? [] : [sessionStarter];
        if (texts.All(text => text is not null))
        {
            line.Add(program);
            line.AddRange(texts!);
        }
        else
        {
            line.AddRange(["/bin/sh", "-c", Script(arguments, texts), program]);
            line.AddRange(texts.OfType<string>());
        }

        start.FileName = line[0];
        foreach (string argument in line.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }
    }

    private static string? ToText(CommandArgument argument)
    {
        try
        {
            return Strict.GetString(argument.Bytes.Span);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static string Script(IReadOnlyList<CommandArgument> arguments, string?[] texts)
    {
        var values = new StringBuilder();
        var list = new StringBuilder("exec \"$0\"");
        int position = 0;
        for (int i = 0; i < texts.Length; i++)
        {
            if (texts[i] is not null)
            {
                position++;
                list.Append(CultureInfo.InvariantCulture, $" \"${{{position}}}\"");
                continue;
            }

            values.Append(CultureInfo.InvariantCulture, $"a{i}=$(printf '");
            foreach (byte b in arguments[i].Bytes.Span)
            {
                values.Append('\\').Append(Convert.ToString(b, 8).PadLeft(3, '0'));
            }

            values.Append("x'); ");
            list.Append(CultureInfo.InvariantCulture, $" \"${{a{i}%x}}\"");
        }

        return values.Append(list).ToString();
    }
}
