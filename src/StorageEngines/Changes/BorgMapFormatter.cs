using System.Buffers;
using System.Globalization;
using System.Text;

namespace StorageEngines;

/// <summary>
/// Lines <c>START LENGTH STATE</c> for <c>borg create --map</c>: ascending, without a gap from 0 to the capacity. What the answer leaves out is
/// <c>same</c> as in the base; in an allocated map, which has no base, it is <c>zero</c>.
/// </summary>
internal sealed class BorgMapFormatter : IChangeFormatter
{
    private long _cursor;

    public void Add(IBufferWriter<byte> output, ExtentBatch batch, IReadOnlyList<Extent> part)
    {
        foreach (Extent extent in part)
        {
            Gap(output, batch, extent.Offset);
            Line(output, extent.Offset, extent.Length, extent.State == ExtentState.Data ? "data" : "zero");
            _cursor = extent.End;
        }
    }

    public void End(IBufferWriter<byte> output, ExtentBatch last) => Gap(output, last, last.CapacityBytes);

    private void Gap(IBufferWriter<byte> output, ExtentBatch batch, long to)
    {
        if (to > _cursor)
        {
            Line(output, _cursor, to - _cursor, batch.Source == ChangeSource.NativeAllocated && batch.BaseCapacityBytes is null ? "zero" : "same");
        }
    }

    private static void Line(IBufferWriter<byte> output, long start, long length, string state)
        => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{start} {length} {state}\n"), output);
}
