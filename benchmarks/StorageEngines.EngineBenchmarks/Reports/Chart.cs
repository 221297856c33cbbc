using System.Globalization;
using System.Text;
using StorageEngines.EngineBenchmarks.Measuring;

namespace StorageEngines.EngineBenchmarks.Reports;

/// <summary>Draws the medians as bars; each row has its own scale.</summary>
internal static class Chart
{
    private const int BarHeight = 18;
    private const int LabelWidth = 330;
    private const int BarWidth = 420;

    /// <summary>The chart as SVG.</summary>
    public static string Svg(IReadOnlyList<RowResult> results)
    {
        var body = new StringBuilder();
        int y = 10;
        foreach (RowResult result in results)
        {
            List<Measurement> measured = [.. result.Measurements.Where(m => m.Runs > 0)];
            body.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"10\" y=\"{y + 14}\" font-weight=\"bold\">{Escaped(result.Row.Title)}</text>");
            y += 24;
            foreach (Measurement m in measured)
            {
                string color = m.Contestant.Role switch { ContestantRole.Engine => "#1b7837", ContestantRole.Limit => "#999999", _ => "#5b7db1" };
                double width = Math.Max(1, m.Median / measured.Max(other => other.Median) * BarWidth);
                body.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{LabelWidth - 6}\" y=\"{y + 13}\" text-anchor=\"end\">{Escaped(m.Contestant.Name)}</text>");
                body.AppendLine(CultureInfo.InvariantCulture, $"<rect x=\"{LabelWidth}\" y=\"{y}\" width=\"{width:F1}\" height=\"{BarHeight - 2}\" fill=\"{color}\"/>");
                body.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{LabelWidth + width + 5:F1}\" y=\"{y + 13}\">{m.Median:F2} s</text>");
                y += BarHeight + 2;
            }

            y += 10;
        }

        return string.Create(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{LabelWidth + BarWidth + 80}\" height=\"{y}\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{body}</svg>\n");
    }

    private static string Escaped(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
