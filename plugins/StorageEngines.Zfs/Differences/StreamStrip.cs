using StorageEngines.Streams;
using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Differences;

/// <summary>
/// A send stream of which the data does not come over the wire: where the other host has perl, a script there leaves out what follows the records of blocks, and here zeroes are put in its place.
/// Records have their checksums over the data, so these cannot be verified then; the connection has its own.
/// </summary>
/// <remarks>Implements: perl(1).</remarks>
internal static class StreamStrip
{
    private const int MarkBytes = 5;

    /// <summary>
    /// The script: it reads a stream and writes it without the data. Where records have their lengths: see <see cref="ZfsRecordRules"/>. Numbers are in the byte order of the host, which is the one
    /// that <c>zfs send</c> writes in.
    /// </summary>
    internal const string Perl = """
        binmode STDIN; binmode STDOUT; my ($h,$b);
        sub take { my $n=shift; while($n>0) { my $r=read(STDIN,$b,$n>1048576?1048576:$n); die "the stream is cut off\n" unless $r; $n-=$r; print $b if $_[0]; } }
        while((my $r=read(STDIN,$h,312))) {
          print $h; last if $r!=312; my $t=unpack("L",$h);
          if($t==0) { take(unpack("x4 L",$h),1) }
          elsif($t==1) { my ($n,$w)=unpack("x28 L x4 L",$h); take($w?$w:($n+7)&~7,1) }
          elsif($t==3) { take(unpack("C",substr($h,50,1))?unpack("x96 Q",$h):unpack("x32 Q",$h),0) }
          elsif($t==7) { my $z=unpack("x40 Q",$h); take($z?$z:unpack("x16 Q",$h),0) }
          elsif($t==8) { take((unpack("x52 L",$h)+7)&~7,0) }
        }
        """;

    // The exit code of a pipe is that of its last command; that of 'zfs send' comes by descriptor 4.
    private const string Script = """
        s=$1; shift
        perl -e 'exit(unpack("Q",pack("Q",1))!=1)' >/dev/null 2>&1 || { printf 'data\n'; exec zfs "$@"; }
        printf 'bare\n'
        exec 5>&1
        r=$( { { zfs "$@"; printf %s "$?" >&4; } | perl -e "$s" >&5; } 4>&1 ); d=$?
        [ "$r" = 0 ] || exit "$r"
        exit "$d"
        """;

    /// <summary>The command whose output is given to <see cref="Open"/>.</summary>
    internal static CommandRequest Wrap(ZfsHost host, IReadOnlyList<CommandArgument> arguments)
        => host.Runner.IsLocal ? new CommandRequest("zfs", arguments) : new CommandRequest("sh", ["-c", Script, "sh", Perl, .. arguments]);

    /// <summary>Makes a whole stream of what comes. Blocks.</summary>
    internal static Stream Open(ZfsHost host, Stream output)
    {
        if (host.Runner.IsLocal)
        {
            return output;
        }

        byte[] mark = new byte[MarkBytes];
        output.ReadExactly(mark);
        return mark.AsSpan().SequenceEqual("bare\n"u8) ? new Refilled(output) : output;
    }

    /// <summary>Whether data was left out of a stream.</summary>
    internal static bool IsUsed(Stream stream) => stream is Refilled;

    /// <summary>Puts zeroes where data was left out.</summary>
    internal sealed class Refilled(Stream bare) : ReadOnlyStream
    {
        private readonly byte[] _record = new byte[ZfsStreamFormat.RecordBytes];
        private int _recordAt = ZfsStreamFormat.RecordBytes;
        private int _recordEnd = ZfsStreamFormat.RecordBytes;
        private int _payload; // bytes that follow the record, and come
        private int _zeroes; // bytes that follow it, and were left out
        private bool? _swapped;

        /// <inheritdoc/>
        public override int Read(Span<byte> buffer)
        {
            if (buffer.IsEmpty || (_recordAt == _recordEnd && _payload == 0 && _zeroes == 0 && !Next()))
            {
                return 0;
            }

            if (_recordAt < _recordEnd)
            {
                int count = Math.Min(buffer.Length, _recordEnd - _recordAt);
                _record.AsSpan(_recordAt, count).CopyTo(buffer);
                _recordAt += count;
                return count;
            }

            if (_zeroes > 0)
            {
                int count = Math.Min(buffer.Length, _zeroes);
                buffer[..count].Clear();
                _zeroes -= count;
                return count;
            }

            int got = bare.Read(buffer[..Math.Min(buffer.Length, _payload)]);
            _payload = got == 0 ? 0 : _payload - got;
            return got;
        }

        private bool Next()
        {
            int got = bare.ReadAtLeast(_record, _record.Length, throwOnEndOfStream: false);
            (_recordAt, _recordEnd) = (0, got);
            if (got < _record.Length)
            {
                return got > 0; // The reader says that it is cut off.
            }

            _swapped ??= new ZfsRecordView(_record, true).U64(8) == ZfsStreamFormat.Magic;
            var record = new ZfsRecordView(_record, _swapped.Value);
            var type = (ZfsRecordType)record.U32(0);
            int bytes = ZfsRecordRules.Payload(type, record, out _, out string? wrong); // what is wrong with it, the reader says
            bool isData = type is ZfsRecordType.Write or ZfsRecordType.Spill or ZfsRecordType.WriteEmbedded;
            (_payload, _zeroes) = wrong is not null ? (0, 0) : isData ? (0, bytes) : (bytes, 0);
            return true;
        }
    }
}
