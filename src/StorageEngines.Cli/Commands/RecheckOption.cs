using System.Globalization;
using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Syntax;

namespace StorageEngines.Cli.Commands;

/// <summary><c>--paranoid [PERCENT]</c>: read some of what looks unchanged all the same.</summary>
internal static class RecheckOption
{
    private const double DefaultPercent = 5;

    internal static Option<string?> Create() => new("--paranoid")
    {
        Description = "Read PERCENT (default 5) of the files that look unchanged all the same, and compare them with the snapshot before; exit code 1 if one had changed",
        HelpName = "PERCENT",
        MayBeEmpty = true,
    };

    internal static double Percent(CliSession session, Option<string?> option)
    {
        if (!session.Has(option))
        {
            return 0;
        }

        if (session.Get(option) is not { } text)
        {
            return DefaultPercent;
        }

        return double.TryParse(text.TrimEnd('%'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent) && percent is > 0 and <= 100
            ? percent
            : throw new UsageException($"--paranoid {text}: not a number of percent", "give a number above 0 and at most 100, or none for 5, with the option behind the snapshot's address");
    }
}
