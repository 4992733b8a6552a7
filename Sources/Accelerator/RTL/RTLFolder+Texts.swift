/// The small files of the folder.
extension RTLFolder {
    static let makefile = """
        # make run     build the bench and run it; FEED='--beat-bits 32' and so on, see main.cpp
        # make icarus  the same with Icarus Verilog, a word in every cycle
        # make area    count LUTs and flip-flops with Yosys

        .PHONY: run icarus area clean

        run: obj_dir/bench
        \t./obj_dir/bench $(FEED)

        obj_dir/bench: \(VerilogUnit.file) main.cpp
        \tverilator --cc --exe --build -j 2 --unroll-count 16384 \\
        \t    -Wall -Wno-DECLFILENAME -Wno-UNUSEDSIGNAL -O3 -CFLAGS -O1 --top-module \(VerilogUnit.top) \\
        \t    -Mdir obj_dir -o bench \(VerilogUnit.file) main.cpp
        \t@touch $@

        icarus: testbench.vvp
        \tvvp -n testbench.vvp

        testbench.vvp: \(VerilogUnit.file) testbench.v
        \tiverilog -g2005 -Wall -o $@ \(VerilogUnit.file) testbench.v

        area:
        \tyosys -q -s area.ys

        clean:
        \trm -rf obj_dir testbench.vvp area.json build.log

        """

    /// For Xilinx' series 7, as the anchors of `UnitArea` are.
    static let areaScript = """
        read_verilog \(VerilogUnit.file)
        synth_xilinx -family xc7 -top \(VerilogUnit.top) -flatten -noiopad
        tee -q -o area.json stat -json
        tee -o /dev/stdout stat

        """

    var readme: String {
        let (unit, layer) = (verilog.unit, vectors.layer)
        return """
            # A ternary matrix-vector unit

            `\(VerilogUnit.file)` multiplies a ternary matrix by a vector of int8 activations: \
            \(unit.lanes) lanes, \(unit.columns) columns, \(unit.packing.rawValue) bits a trit, latency \(unit.latency).
            The other files are a layer of \(layer.rows) rows of \(layer.width) trits, and benches that multiply it.

                make run                        # verilator: cycles, and sums that are wrong
                make run FEED='--beat-bits 32'  # the same with words that come over a port of 32 bits
                make icarus                     # the same with Icarus Verilog
                make area                       # yosys: LUTs and flip-flops of Xilinx' series 7

            `words.hex` holds the weights, `activations.hex` the vector, `sums.hex` the sums: a word, a word, and a row a line, as $readmemh
            reads them. A unit that always has a word takes \(vectors.wordCount) + \(unit.latency) cycles.

            """
    }
}
